from dataclasses import replace
from typing import Any

import pytest

from runner.contract.limits import ALL_GPUS, MIB, Limits
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import (
    Body,
    SandboxNames,
    SandboxPolicy,
    keeper_body,
    predictor_body,
    volume_bodies,
)

NAMES = SandboxNames(case="0123abcd", evaluation="e" * 32)
LIMITS = Limits(memory_bytes=64 * MIB, cpus=0.5, pids=7, output_bytes=MIB, output_files=9)
IMAGE = Image(
    reference="predictor",
    id="sha256:1",
    entrypoint=("python3",),
    command=("predictor.py",),
    environment={
        "PATH": "/usr/bin",
        "HOME": "/root",
        "USER": "root",
        "HTTP_PROXY": "http://the.image's:own",
    },
)


def body(*volumes: str, policy: SandboxPolicy | None = None) -> Body:
    image = Image(reference="x", id="sha256:1", declared_volumes=volumes)
    return predictor_body(image, policy or SandboxPolicy(LIMITS), NAMES)


def host_config(*volumes: str, policy: SandboxPolicy | None = None) -> dict[str, Any]:
    return dict(body(*volumes, policy=policy)["HostConfig"])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("NetworkMode", "none"),
        ("ReadonlyRootfs", True),
        ("Privileged", False),
        ("CapDrop", ["ALL"]),
        ("CapAdd", []),
        ("IpcMode", "private"),
        ("CgroupnsMode", "private"),
        ("PidMode", ""),
        ("Memory", 64 * MIB),
        ("MemorySwap", 64 * MIB),
        ("NanoCpus", 500_000_000),
        ("PidsLimit", 7),
        ("RestartPolicy", {"Name": "no"}),
        ("Binds", []),
        ("Devices", []),
        ("DeviceRequests", []),
        ("PortBindings", {}),
    ],
)
def test_the_policy_asks_for(setting: str, value: object) -> None:
    assert host_config()[setting] == value


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("Image", "sha256:1"),
        ("User", f"{NAMES.uid}:{NAMES.uid}"),
        ("Healthcheck", {"Test": ["NONE"]}),
        ("StopSignal", "SIGKILL"),
        ("Tty", False),
        ("Hostname", "predictor"),
    ],
)
def test_the_image_has_no_say_in(setting: str, value: object) -> None:
    assert body()[setting] == value


def test_new_privileges_are_refused_and_our_seccomp_profile_is_given() -> None:
    privileges, seccomp = host_config()["SecurityOpt"]
    assert privileges == "no-new-privileges:true"
    assert seccomp.startswith('seccomp={\n  "defaultAction": "SCMP_ACT_ERRNO"')


def test_the_environment_is_the_images_four_names_of_ours_that_win_and_the_threads() -> None:
    environment = predictor_body(IMAGE, SandboxPolicy(LIMITS), NAMES)["Env"]
    assert sorted(environment) == [
        "HOME=/tmp",
        "HTTP_PROXY=http://the.image's:own",
        "LOGNAME=predictor",
        "OMP_NUM_THREADS=1",
        "PATH=/usr/bin",
        "TMPDIR=/tmp",
        "USER=predictor",
    ]


@pytest.mark.parametrize(("cpus", "threads"), [(0.5, "1"), (1, "1"), (2.5, "3"), (4, "4")])
def test_as_many_threads_compute_as_the_limit_has_cpus(cpus: float, threads: str) -> None:
    policy = SandboxPolicy(replace(LIMITS, cpus=cpus))
    assert f"OMP_NUM_THREADS={threads}" in body(policy=policy)["Env"]


def test_an_image_that_says_how_many_threads_compute_has_its_way() -> None:
    image = replace(IMAGE, environment={"OMP_NUM_THREADS": "2"})
    environment = predictor_body(image, SandboxPolicy(LIMITS), NAMES)["Env"]
    assert [one for one in environment if "THREADS" in one] == ["OMP_NUM_THREADS=2"]


def test_the_images_program_is_run_as_it_says() -> None:
    asked = predictor_body(IMAGE, SandboxPolicy(LIMITS), NAMES)
    assert (asked["Entrypoint"], asked["Cmd"]) == (["python3"], ["predictor.py"])


def test_inputs_are_read_only_and_no_host_path_is_mounted() -> None:
    mounts = {mount["Target"]: mount for mount in host_config()["Mounts"]}
    assert set(mounts) == {"/input", "/output"}
    assert mounts["/input"]["ReadOnly"] is True
    assert mounts["/output"]["ReadOnly"] is False
    assert all(mount["Type"] == "volume" for mount in mounts.values())
    assert all(mount["VolumeOptions"]["NoCopy"] for mount in mounts.values())


def test_all_writable_space_is_bounded_memory() -> None:
    _, output = volume_bodies(NAMES, LIMITS)
    assert output["DriverOpts"]["type"] == "tmpfs"
    assert output["DriverOpts"]["o"].startswith(f"size={MIB},nr_inodes=9,")
    assert f"size={LIMITS.tmp_bytes},nr_inodes={LIMITS.tmp_files}" in host_config()["Tmpfs"]["/tmp"]


def test_a_declared_volume_is_covered_and_ours_are_not() -> None:
    tmpfs = host_config("/data", "//x/../data/", "/output", "/input/", "//tmp")["Tmpfs"]
    assert tmpfs["/data"] == "ro,size=4096"
    assert set(tmpfs) == {"/data", "/tmp"}
    assert tmpfs["/tmp"].startswith("rw,")


def test_a_uid_is_never_that_of_a_user_a_service_or_the_keeper() -> None:
    first, last = (SandboxNames(case, "e" * 32).uid for case in ("0", f"{40_000 - 1:x}"))
    assert (first, last) == (20_000, 59_999)
    keeper = keeper_body(IMAGE, LIMITS, NAMES)["User"]
    assert keeper == "65534:65534"


def test_counts_that_all_containers_share_are_covered() -> None:
    masked = host_config()["MaskedPaths"]
    assert {"/proc/keys", "/proc/key-users", "/proc/locks"} <= set(masked)


def test_names_tell_nothing_of_the_case_and_differ_from_the_token_that_finds_them() -> None:
    assert NAMES.predictor == "runner-0123abcd-predictor"
    assert NAMES.labels == {"runner.evaluation": "e" * 32}
    assert "e" * 32 not in str([body()["Hostname"], body()["HostConfig"]["Mounts"]])


def test_the_keeper_is_locked_in_as_the_predictor_is() -> None:
    predictor = host_config()
    keeper = keeper_body(IMAGE, LIMITS, NAMES)["HostConfig"]
    differ = {name for name in predictor if predictor[name] != keeper.get(name)}
    assert differ == {
        *("Memory", "MemorySwap", "PidsLimit", "Ulimits"),  # its own, with room for the predictor's
        *("NanoCpus", "ShmSize", "Tmpfs"),  # it computes nothing and has no other writable place
        *("LogConfig", "Mounts"),  # it prints nothing; it is what puts the inputs in
    }
    assert keeper["LogConfig"]["Type"] == "none"


def test_the_keeper_alone_has_not_even_a_loopback() -> None:
    assert keeper_body(IMAGE, LIMITS, NAMES)["NetworkDisabled"] is True
    assert "NetworkDisabled" not in body()


def test_logs_are_bounded_in_two_files() -> None:
    config = host_config()["LogConfig"]
    assert config["Type"] == "json-file"
    assert config["Config"] == {"max-size": str(MIB * 5 // 4), "max-file": "2"}


def test_a_runtime_and_gpus_are_passed_on_when_asked_for() -> None:
    policy = SandboxPolicy(replace(LIMITS, gpus=ALL_GPUS), runtime="runsc")
    asked = host_config(policy=policy)
    assert asked["Runtime"] == "runsc"
    assert asked["DeviceRequests"] == [{"Count": -1, "Capabilities": [["gpu"]]}]


def test_gpus_of_a_cases_own_are_named_instead_of_counted() -> None:
    """The engine refuses a request that has both."""
    policy = SandboxPolicy(replace(LIMITS, gpus=2))
    asked = predictor_body(IMAGE, policy, NAMES, gpus=("3", "GPU-5"))["HostConfig"]
    assert asked["DeviceRequests"] == [{"DeviceIDs": ["3", "GPU-5"], "Capabilities": [["gpu"]]}]


def test_control_a_case_that_asks_for_none_gets_none_of_them() -> None:
    asked = predictor_body(IMAGE, SandboxPolicy(LIMITS), NAMES, gpus=("3",))["HostConfig"]
    assert asked["DeviceRequests"] == []


def test_control_without_them_the_engines_own_runtime_stands() -> None:
    assert "Runtime" not in host_config()


def test_assets_are_a_volume_of_their_own_that_is_read_only() -> None:
    image = Image(reference="x", id="sha256:1")
    made = predictor_body(image, SandboxPolicy(LIMITS), NAMES, "", "runner-abc-assets")
    (*others, assets) = made["HostConfig"]["Mounts"]
    assert (assets["Source"], assets["Target"]) == ("runner-abc-assets", "/input/assets")
    assert assets["ReadOnly"]
    assert others == body()["HostConfig"]["Mounts"]  # the control: without assets these are all
