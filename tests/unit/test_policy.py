from typing import Any

import pytest

from runner.sandbox.limits import MIB, Limits
from runner.sandbox.policy import (
    SandboxNames,
    keeper_arguments,
    output_volume_options,
    predictor_arguments,
)

NAMES = SandboxNames("0123abcd")
LIMITS = Limits(memory_bytes=64 * MIB, cpus=0.5, pids=7, output_bytes=MIB, output_files=9)


def arguments(*volumes: str) -> dict[str, Any]:
    return predictor_arguments("sha256:1", volumes, LIMITS, NAMES)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("network_mode", "none"),
        ("read_only", True),
        ("privileged", False),
        ("cap_drop", ["ALL"]),
        ("security_opt", ["no-new-privileges:true"]),
        ("user", "65534:65534"),
        ("ipc_mode", "private"),
        ("mem_limit", 64 * MIB),
        ("memswap_limit", 64 * MIB),
        ("nano_cpus", 500_000_000),
        ("pids_limit", 7),
        ("use_config_proxy", False),
        ("healthcheck", {"test": ["NONE"]}),
        ("environment", {"HOME": "/tmp", "TMPDIR": "/tmp"}),
        ("restart_policy", {"Name": "no"}),
    ],
)
def test_the_policy_asks_for(argument: str, value: object) -> None:
    assert arguments()[argument] == value


def test_inputs_are_read_only_and_no_host_path_is_mounted() -> None:
    mounts = {mount["Target"]: mount for mount in arguments()["mounts"]}
    assert set(mounts) == {"/input", "/output"}
    assert mounts["/input"]["ReadOnly"] is True
    assert all(mount["Type"] == "volume" for mount in mounts.values())
    assert all(mount["VolumeOptions"]["NoCopy"] for mount in mounts.values())


def test_all_writable_space_is_bounded_memory() -> None:
    assert output_volume_options(LIMITS)["type"] == "tmpfs"
    assert output_volume_options(LIMITS)["o"].startswith(f"size={MIB},nr_inodes=9,")
    assert f"size={LIMITS.tmp_bytes},nr_inodes={LIMITS.tmp_files}" in arguments()["tmpfs"]["/tmp"]


def test_a_declared_volume_is_covered_and_ours_are_not() -> None:
    tmpfs = arguments("/data", "//x/../data/", "/output", "/input/", "//tmp")["tmpfs"]
    assert tmpfs["/data"] == "ro,size=4096"
    assert set(tmpfs) == {"/data", "/tmp"}
    assert tmpfs["/tmp"].startswith("rw,")


def test_the_keeper_is_as_locked_in_and_has_no_writable_space_but_the_volumes() -> None:
    keeper = keeper_arguments("sha256:2", NAMES)
    assert keeper["network_mode"] == "none"
    assert keeper["read_only"] is True
    assert keeper["cap_drop"] == ["ALL"]
    assert {mount["Source"] for mount in keeper["mounts"]} == {
        "runner-0123abcd-input",
        "runner-0123abcd-output",
    }


def test_logs_are_bounded_in_one_file() -> None:
    config = arguments()["log_config"]
    assert config["Config"] == {"max-size": str(MIB), "max-file": "1"}
