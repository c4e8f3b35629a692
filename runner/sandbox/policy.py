"""Policy -> the engine's arguments. Pure, so that what is asked for can be read and tested."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from docker.types import LogConfig, Mount, Ulimit

from runner.contract.layout import INPUT_DIR, OUTPUT_DIR
from runner.sandbox.limits import KIB, Limits

PREDICTOR_USER = "65534:65534"
"""Numeric, with the group: a name would be looked up in the image's own passwd file."""

TMP_DIR = "/tmp"  # noqa: S108  (inside the container, where it is a fresh tmpfs)

KEEPER_PROGRAM = "/keep"

LABEL = "runner.evaluation"
"""On every container and volume the runner makes; its value tells evaluations apart."""


@dataclass(frozen=True)
class SandboxNames:
    """The names of what one case leaves on the engine while it runs. They tell nothing of it."""

    token: str

    @property
    def predictor(self) -> str:
        """Return the name of the untrusted container."""
        return f"runner-{self.token}-predictor"

    @property
    def keeper(self) -> str:
        """Return the name of the trusted container that holds the volumes."""
        return f"runner-{self.token}-keeper"

    @property
    def input_volume(self) -> str:
        """Return the name of the volume at /input."""
        return f"runner-{self.token}-input"

    @property
    def output_volume(self) -> str:
        """Return the name of the volume at /output."""
        return f"runner-{self.token}-output"

    @property
    def labels(self) -> dict[str, str]:
        """Return what every container and volume of the case is marked with."""
        return {LABEL: self.token}


def predictor_arguments(
    image_id: str, declared_volumes: Iterable[str], limits: Limits, names: SandboxNames
) -> dict[str, Any]:
    """Return docker-py's ``containers.create`` arguments for the untrusted container.

    Args:
        image_id: the resolved image; never a tag, which may move.
        declared_volumes: the image's VOLUME paths. Each would be writable host disk, so it is
            covered by an empty read-only tmpfs.
    """
    return {
        "image": image_id,
        "name": names.predictor,
        "labels": names.labels,
        "hostname": "predictor",
        "user": PREDICTOR_USER,
        "environment": {"HOME": TMP_DIR, "TMPDIR": TMP_DIR},
        # docker-py would add the client's proxy settings, with passwords.
        "use_config_proxy": False,
        "network_mode": "none",
        "ipc_mode": "private",
        "privileged": False,
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "nano_cpus": int(limits.cpus * 1e9),
        "pids_limit": limits.pids,
        "shm_size": limits.shm_bytes,
        "ulimits": _ulimits(limits),
        "mounts": [
            Mount(str(INPUT_DIR), names.input_volume, read_only=True, no_copy=True),
            Mount(str(OUTPUT_DIR), names.output_volume, no_copy=True),
        ],
        "tmpfs": _tmpfs(declared_volumes, limits),
        "log_config": LogConfig(
            type=LogConfig.types.JSON,
            config={"max-size": str(limits.log_bytes), "max-file": "1"},
        ),
        "healthcheck": {"test": ["NONE"]},
        "restart_policy": {"Name": "no"},
        "detach": True,
    }


def keeper_arguments(keeper_image_id: str, names: SandboxNames) -> dict[str, Any]:
    """Return the arguments for the trusted container that holds the volumes open.

    A volume of type tmpfs is emptied when its last container stops, so /output would be gone with
    the predictor. The keeper also gives a place to write and read through, without a host path.
    """
    return {
        "image": keeper_image_id,
        "entrypoint": [KEEPER_PROGRAM],
        "user": PREDICTOR_USER,
        "name": names.keeper,
        "labels": names.labels,
        "use_config_proxy": False,
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        # Not less: the engine's own init runs under these limits before the keeper does. With 2
        # processes and 16 files 2 of about 700 starts failed on a busy host, with these 0 of 500.
        "pids_limit": 64,
        "ulimits": [Ulimit(name="nofile", soft=1024, hard=1024)],
        "mounts": [
            Mount(str(INPUT_DIR), names.input_volume, no_copy=True),
            Mount(str(OUTPUT_DIR), names.output_volume, no_copy=True),
        ],
        "log_config": LogConfig(type="none"),
        "detach": True,
    }


def output_volume_options(limits: Limits) -> dict[str, str]:
    """Return the local driver's options: memory, bounded in bytes and in files."""
    options = f"size={limits.output_bytes},nr_inodes={limits.output_files}"
    return {
        "type": "tmpfs",
        "device": "tmpfs",
        "o": f"{options},mode=1777,noexec,nosuid,nodev",
    }


def _ulimits(limits: Limits) -> list[Ulimit]:
    # Above every tmpfs, so that a full one says "no space left" before a signal kills the writer.
    largest_file = 2 * max(limits.output_bytes, limits.tmp_bytes, limits.shm_bytes)
    return [
        Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files),
        Ulimit(name="fsize", soft=largest_file, hard=largest_file),
        Ulimit(name="core", soft=0, hard=0),
    ]


def _tmpfs(declared_volumes: Iterable[str], limits: Limits) -> dict[str, str]:
    tmp_options = f"size={limits.tmp_bytes},nr_inodes={limits.tmp_files}"
    ours = {str(INPUT_DIR), str(OUTPUT_DIR), TMP_DIR}
    # The engine takes "//data/../data/" as it stands, and mounts it at /data.
    declared = {"/" + posixpath.normpath(path).lstrip("/") for path in declared_volumes}
    return {
        **dict.fromkeys(sorted(declared - ours), f"ro,size={4 * KIB}"),
        TMP_DIR: f"rw,noexec,nosuid,nodev,mode=1777,{tmp_options}",
    }
