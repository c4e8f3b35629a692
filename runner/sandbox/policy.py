"""Policy -> the engine's arguments. Pure, so that every request can be read and tested."""

import math
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from runner.contract.layout import ASSETS, INPUT_DIR, OUTPUT_DIR
from runner.contract.limits import KIB, MIB, Limits
from runner.sandbox.engine.image import Image
from runner.sandbox.seccomp import seccomp_profile

USERS = range(20_000, 60_000)
"""The uids of predictors: below 65536, where an engine's user namespace may end, and apart from
those that systems give to users and services."""

KEEPER_UID = 65_534

TMP_DIR = "/tmp"  # noqa: S108  (inside the container, where it is a fresh tmpfs)

ENVIRONMENT = {
    "HOME": TMP_DIR,
    "TMPDIR": TMP_DIR,
    # Programs that ask who they are would look the uid up in the image's passwd file.
    **dict.fromkeys(("LOGNAME", "USER"), "predictor"),
}
"""What the runner sets in every image's environment, whatever the image's own ENV says.

The image's ENV is part of the image, as its files are: it reveals nothing about the host, and a
library that its LD_PRELOAD loads runs in the same sandbox.
"""

THREADS = "OMP_NUM_THREADS"
"""The variable by which NumPy's OpenBLAS, OpenMP, MKL, Arrow and PyTorch know how many threads
may compute. It is the limit of CPUs, unless the image's ENV has another value.

Without it they start a thread for each processor of the host. Those take the CPU time that the
limit leaves (a fifth of a small case, with two processors), and they divide sums by their number,
so that the last digits of a prediction follow from the host.
"""

ASSETS_DIR = INPUT_DIR / ASSETS

KEEPER_PROGRAM = "/keep"

KEEPER_PIDS = 64
"""Not smaller: the engine's own init runs under these limits before the keeper does. With 2
processes and 16 files, 2 of about 700 starts failed on a busy host; with 64 and 1024, 0 of 500."""

KEEPER_MEMORY_BYTES = 64 * MIB

LABEL = "runner.evaluation"
"""The label on every container and volume of the runner; its value is the evaluation's token."""

Body = dict[str, Any]
"""The request of ``POST /containers/create``, with the Docker Engine API's own names."""


@dataclass(frozen=True)
class SandboxPolicy:
    """The sandbox settings that an organizer chooses; all others are fixed below, for every image.

    Attributes:
        limits: what a predictor may use.
        runtime: an OCI runtime of the engine, e.g. ``runsc``; None for the engine's default.
    """

    limits: Limits = field(default_factory=Limits)
    runtime: str | None = None

    def to_json(self) -> Mapping[str, Any]:
        """Return all settings by name; evaluations with other settings are different ones."""
        return {**self.limits.to_json(), "runtime": self.runtime}


@dataclass(frozen=True)
class SandboxNames:
    """The names of one case's objects on the engine. They reveal nothing about the case.

    Attributes:
        case: random, for this case alone; a predictor can find it in its list of mounts.
        evaluation: the token by which the runner finds what it made; a predictor can't see it.
    """

    case: str
    evaluation: str

    @property
    def uid(self) -> int:
        """Return the predictor's uid and gid; the kernel counts signals, keys, ... for each uid."""
        return USERS[int(self.case, 16) % len(USERS)]

    @property
    def predictor(self) -> str:
        """Return the name of the untrusted container."""
        return f"runner-{self.case}-predictor"

    @property
    def keeper(self) -> str:
        """Return the name of the trusted container that holds the volumes."""
        return f"runner-{self.case}-keeper"

    @property
    def input_volume(self) -> str:
        """Return the name of the volume at /input."""
        return f"runner-{self.case}-input"

    @property
    def output_volume(self) -> str:
        """Return the name of the volume at /output."""
        return f"runner-{self.case}-output"

    @property
    def assets_volume(self) -> str:
        """Return the name of the volume at /input/assets, if it is of these names."""
        return f"runner-{self.case}-assets"

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels of every container and volume of the evaluation."""
        return {LABEL: self.evaluation}


def predictor_body(
    image: Image,
    policy: SandboxPolicy,
    names: SandboxNames,
    cgroup_parent: str = "",
    assets_volume: str | None = None,
    gpus: tuple[str, ...] = (),
) -> Body:
    """Return the request that creates the untrusted container.

    It also names what must be absent, so that everything can be read back and compared.

    Args:
        cgroup_parent: the parent of the container's cgroup; empty for the engine's choice.
        assets_volume: the volume at /input/assets, which other cases have too; None for none.
        gpus: which GPUs it gets if it is to have any; empty for the engine's choice.
    """
    limits = policy.limits
    host_config = {
        **_isolation(cgroup_parent, policy.runtime),
        **({"Runtime": policy.runtime} if policy.runtime else {}),
        "DeviceRequests": _gpu_requests(policy.limits.gpus, gpus),
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,
        "NanoCpus": int(limits.cpus * 1e9),
        "PidsLimit": limits.pids,
        "ShmSize": limits.shm_bytes,
        "Ulimits": _ulimits(limits),
        "Tmpfs": _tmpfs(image.declared_volumes, limits),
        "LogConfig": {
            "Type": "json-file",
            "Config": {"max-size": str(limits.log_bytes * 5 // 4), "max-file": "2"},
        },
    }
    mounts = _mounts(names, input_read_only=True)
    if assets_volume is not None:
        mounts.append(_mount(assets_volume, ASSETS_DIR, read_only=True))
    return {
        **_program(image, names, "predictor", names.uid),
        "Env": [f"{name}={value}" for name, value in _environment(image, limits).items()],
        "HostConfig": {**host_config, "Mounts": mounts},
    }


def keeper_body(
    keeper_image: Image, limits: Limits, names: SandboxNames, cgroup_parent: str = ""
) -> Body:
    """Return the request that creates the trusted container that holds the volumes open.

    A volume of type tmpfs is emptied when its last container stops, so /output would be lost when
    the predictor ends. The runner also writes and reads the volumes through the keeper, without a
    host path. Its limits include the predictor's, whose cgroup may be below the keeper's.
    """
    memory_bytes = limits.memory_bytes + KEEPER_MEMORY_BYTES
    host_config = {
        **_isolation(cgroup_parent),
        "Memory": memory_bytes,
        "MemorySwap": memory_bytes,
        "PidsLimit": limits.pids + KEEPER_PIDS,
        "Ulimits": [_ulimit("nofile", 1024), _ulimit("core", 0)],
        "LogConfig": {"Type": "none", "Config": {}},
    }
    return {
        **_program(keeper_image, names, "keeper", KEEPER_UID),
        # No loopback either: nothing uses it, and the engine starts two processes less.
        # The predictor has a loopback, and the engine's /etc/hosts, which names localhost.
        "NetworkDisabled": True,
        "HostConfig": {**host_config, "Mounts": _mounts(names, input_read_only=False)},
    }


def assets_keeper_body(keeper_image: Image, limits: Limits, names: SandboxNames) -> Body:
    """Return the request that creates the trusted container through which assets are written."""
    body = keeper_body(keeper_image, limits, names)
    mounts = [_mount(names.assets_volume, ASSETS_DIR, read_only=False)]
    return {**body, "HostConfig": {**body["HostConfig"], "Mounts": mounts}}


def assets_volume_body(names: SandboxNames) -> Body:
    """Return the request that creates a volume of assets; it is on the engine's disk."""
    return _on_disk(names.assets_volume, names)


def _on_disk(volume: str, names: SandboxNames) -> Body:
    return {"Name": volume, "Driver": "local", "Labels": names.labels, "DriverOpts": {}}


def volume_bodies(names: SandboxNames, limits: Limits) -> tuple[Body, Body]:
    """Return the requests that create the volumes at /input and at /output.

    The volume at /output is in memory, with a limit of bytes and of files.
    """
    bounds = f"size={limits.output_bytes},nr_inodes={limits.output_files}"
    options = f"{bounds},mode=1777,noexec,nosuid,nodev"
    return (
        _on_disk(names.input_volume, names),
        {
            **_on_disk(names.output_volume, names),
            "DriverOpts": {"type": "tmpfs", "device": "tmpfs", "o": options},
        },
    )


def _program(image: Image, names: SandboxNames, role: str, uid: int) -> Body:
    return {
        "Image": image.id,  # never a tag, which may move
        "Entrypoint": list(image.entrypoint),
        "Cmd": list(image.command),
        "Labels": names.labels,
        "Hostname": role,
        # Numeric, with the group: a name would be looked up in the image's own passwd file.
        "User": f"{uid}:{uid}",
        "Tty": False,
        "OpenStdin": False,
        # The image's own health check and stop signal are not used.
        "Healthcheck": {"Test": ["NONE"]},
        "StopSignal": "SIGKILL",
    }


def _isolation(cgroup_parent: str, runtime: str | None = None) -> Body:
    """Return the settings that the predictor and the keeper share, and what neither may have."""
    return {
        "NetworkMode": "none",
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={seccomp_profile(runtime)}"],
        "RestartPolicy": {"Name": "no"},
        "Privileged": False,
        "OomKillDisable": False,
        "PublishAllPorts": False,
        "AutoRemove": False,
        "PidMode": "",
        "UTSMode": "",
        "UsernsMode": "",
        "CgroupParent": cgroup_parent,
        "MaskedPaths": list(MASKED_PATHS),
        "ReadonlyPaths": list(READ_ONLY_PATHS),
        **{name: [] for name in NEVER_GIVEN},
        "PortBindings": {},
        "Sysctls": {},
        "StorageOpt": {},
    }


MASKED_PATHS = (
    *("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys"),
    *("/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list"),
    *("/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"),
    *("/proc/locks", "/proc/key-users", "/proc/sys/fs/aio-nr", "/proc/sys/fs/file-nr"),
    *("/proc/sys/fs/inode-nr", "/proc/sys/fs/inode-state", "/proc/sys/fs/dentry-state"),
    "/proc/sys/kernel/pty/nr",
)
"""Paths that reveal the host, its hardware or its other users: the engines' own list, written out
so that it is the same on every engine. From /proc/locks on: exact counts of what all containers
hold, by which one could send numbers to another."""

READ_ONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

NEVER_GIVEN = (
    *("Binds", "VolumesFrom", "Links", "CapAdd", "GroupAdd", "ExtraHosts"),
    *("Dns", "DnsOptions", "DnsSearch", "Devices", "DeviceCgroupRules", "DeviceRequests"),
)


def _mounts(names: SandboxNames, *, input_read_only: bool) -> list[Body]:
    return [
        _mount(names.input_volume, INPUT_DIR, read_only=input_read_only),
        _mount(names.output_volume, OUTPUT_DIR, read_only=False),
    ]


def _mount(volume: str, target: PurePosixPath, *, read_only: bool) -> Body:
    return {
        "Type": "volume",
        "Source": volume,
        "Target": str(target),
        "ReadOnly": read_only,
        # Otherwise the engine would copy the image's own files of that folder into it.
        "VolumeOptions": {"NoCopy": True},
    }


def _environment(image: Image, limits: Limits) -> Mapping[str, str]:
    return {THREADS: str(math.ceil(limits.cpus)), **image.environment, **ENVIRONMENT}


def _gpu_requests(count: int, gpus: tuple[str, ...]) -> list[Body]:
    if not count:
        return []
    which = {"DeviceIDs": list(gpus)} if gpus else {"Count": count}
    return [{**which, "Capabilities": [["gpu"]]}]


def _ulimits(limits: Limits) -> list[Body]:
    # Larger than every tmpfs: writing to a full one then says "no space left", without a signal.
    largest_file = 2 * max(limits.output_bytes, limits.tmp_bytes, limits.shm_bytes)
    return [
        _ulimit("nofile", limits.open_files),
        _ulimit("fsize", largest_file),
        _ulimit("core", 0),
    ]


def _ulimit(name: str, most: int) -> Body:
    return {"Name": name, "Soft": most, "Hard": most}


def _tmpfs(declared_volumes: Iterable[str], limits: Limits) -> dict[str, str]:
    """Return /tmp, and a read-only cover for each VOLUME, else it would be writable host disk."""
    tmp_options = f"size={limits.tmp_bytes},nr_inodes={limits.tmp_files}"
    ours = {str(INPUT_DIR), str(OUTPUT_DIR), TMP_DIR}
    # The engine accepts "//data/../data/" unchanged, and mounts it at /data.
    declared = {"/" + posixpath.normpath(path).lstrip("/") for path in declared_volumes}
    return {
        **dict.fromkeys(sorted(declared - ours), f"ro,size={4 * KIB}"),
        TMP_DIR: f"rw,noexec,nosuid,nodev,mode=1777,{tmp_options}",
    }
