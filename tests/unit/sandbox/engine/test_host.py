from typing import Any

import pytest

from runner.sandbox.engine.host import Level, examine_host, lacking

VERSION = {"Version": "24.0.7", "ApiVersion": "1.43"}


def info(**changes: object) -> dict[str, Any]:
    """Return what a host that has everything says, with changes."""
    return {
        "OSType": "linux",
        "Architecture": "x86_64",
        "MemoryLimit": True,
        "SwapLimit": True,
        "PidsLimit": True,
        "CpuCfsQuota": True,
        "CgroupVersion": "2",
        "CgroupDriver": "systemd",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=apparmor", "name=userns"],
        "Plugins": {"Log": ["json-file", "syslog"], "Volume": ["local"]},
        "NCPU": 4,
        "MemTotal": 8 * 1024**3,
        "Runtimes": {"runc": {}, "runsc": {}},
        "DefaultRuntime": "runc",
        **changes,
    }


PODMAN = {
    "Version": "4.3.1",
    "ApiVersion": "1.41",
    "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}, {"Name": "Conmon"}],
}


def test_podman_is_said_to_be_not_supported_and_nothing_else() -> None:
    (found,) = examine_host(info(Architecture="amd64"), PODMAN)
    assert (found.name, found.level) == ("engine", Level.LACKING)
    assert found.found == "Podman 4.3.1: not supported"
    docker = {**PODMAN, "Components": [{"Name": "Engine"}, {"Name": "containerd"}]}
    assert lacking(examine_host(info(), docker)) == ()  # control


def levels(**changes: object) -> dict[str, Level]:
    found = examine_host(info(**changes), VERSION)
    return {finding.name: finding.level for finding in found}


def test_a_host_that_has_everything_holds_every_promise() -> None:
    assert set(levels().values()) == {Level.HELD}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"OSType": "windows"}, "engine"),
        ({"Architecture": "riscv64"}, "architecture"),
        ({"MemoryLimit": False}, "memory limit"),
        ({"SwapLimit": False}, "swap limit"),
        ({"PidsLimit": False}, "process limit"),
        ({"CpuCfsQuota": False}, "CPU limit"),
        ({"CgroupDriver": "none"}, "cgroups"),
        ({"SecurityOptions": ["name=apparmor", "name=userns"]}, "seccomp"),
        ({"Plugins": {"Log": ["syslog"], "Volume": ["local"]}}, "bounded logs"),
        ({"Plugins": {"Log": ["json-file"], "Volume": []}}, "volumes in memory"),
    ],
)
def test_what_a_promise_stands_on_is_lacking_by_name(changes: dict[str, Any], name: str) -> None:
    found = lacking(examine_host(info(**changes), VERSION))
    assert [finding.name for finding in found] == [name]
    assert found[0].advice


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"SecurityOptions": ["name=seccomp", "name=userns"]}, "AppArmor or SELinux"),
        ({"SecurityOptions": ["name=seccomp", "name=selinux"]}, "user namespace"),
        ({"NCPU": 0}, "capacity"),
        ({"MemTotal": 1024**3}, "capacity"),
    ],
)
def test_a_second_line_of_defence_is_a_warning(changes: dict[str, Any], name: str) -> None:
    found = levels(**changes)
    assert [key for key, level in found.items() if level is Level.WARNING] == [name]
    assert Level.LACKING not in found.values()


def test_an_engine_older_than_20_10_is_lacking() -> None:
    found = lacking(examine_host(info(), {"Version": "19.03.1", "ApiVersion": "1.40"}))
    assert [finding.name for finding in found] == ["engine"]


def test_a_rootless_engine_has_a_user_namespace() -> None:
    rootless = {"SecurityOptions": ["name=seccomp", "name=apparmor", "name=rootless"]}
    assert levels(**rootless)["user namespace"] is Level.HELD
