import copy
from typing import Any

import pytest

from runner.contract.limits import ALL_GPUS, Limits
from runner.errors import EngineError
from runner.sandbox.attestation import Attestation, attest, require_attested
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import (
    SandboxNames,
    SandboxPolicy,
    predictor_body,
    volume_bodies,
)

NAMES = SandboxNames("0123456789ab", "e" * 32)
IMAGE = Image("x", "sha256:1", entrypoint=("run",), environment={"PATH": "/bin"})
POLICY = SandboxPolicy(Limits(gpus=ALL_GPUS), runtime="runsc")
BODY = predictor_body(IMAGE, POLICY, NAMES, "/docker/keeper")
VOLUMES = volume_bodies(NAMES, POLICY.limits)


def read_back() -> dict[str, Any]:
    """Return what an engine that keeps everything says of the container."""
    config = {name: value for name, value in BODY.items() if name != "HostConfig"}
    mounts = [
        {
            "Type": "volume",
            "Name": mount["Source"],
            "Source": f"/var/lib/docker/volumes/{mount['Source']}/_data",
            "Destination": mount["Target"],
            "RW": not mount["ReadOnly"],
        }
        for mount in BODY["HostConfig"]["Mounts"]
    ]
    container = {
        "Config": {**config, "AttachStdout": False, "Domainname": ""},
        "HostConfig": {**BODY["HostConfig"], "Isolation": "", "ConsoleSize": [0, 0]},
        "Image": BODY["Image"],
        "Mounts": mounts,
    }
    return copy.deepcopy(container)


def volumes_read_back() -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "Name": volume["Name"],
            "Driver": volume["Driver"],
            "Options": volume["DriverOpts"] or None,
            "Labels": volume["Labels"],
        }
        for volume in VOLUMES
    )


def compare(container: dict[str, Any]) -> Attestation:
    return attest(BODY, container, VOLUMES, volumes_read_back())


def test_control_an_engine_that_keeps_everything_is_believed() -> None:
    attestation = compare(read_back())
    assert attestation.mismatches == ()
    require_attested(attestation)
    assert attestation.asked == attestation.effective


@pytest.mark.parametrize("setting", sorted(set(BODY["HostConfig"]) - {"Ulimits", "SecurityOpt"}))
def test_every_setting_of_the_host_that_differs_is_found(setting: str) -> None:
    container = read_back()
    container["HostConfig"][setting] = "something else"
    assert [found.setting for found in compare(container).mismatches] == [f"HostConfig.{setting}"]


@pytest.mark.parametrize("setting", sorted(set(BODY) - {"HostConfig", "Image", "Labels", "Env"}))
def test_every_setting_of_the_program_that_differs_is_found(setting: str) -> None:
    container = read_back()
    other = {"Test": ["CMD", "check"]} if setting == "Healthcheck" else "something else"
    container["Config"][setting] = other
    assert [found.setting for found in compare(container).mismatches] == [setting]


def test_control_what_an_image_says_beside_a_health_check_that_is_off_is_fine() -> None:
    container = read_back()
    container["Config"]["Healthcheck"]["Interval"] = 1_000_000_000
    assert compare(container).mismatches == ()


@pytest.mark.parametrize(
    "given",
    [
        {"Binds": ["/:/host"]},
        {"CapAdd": ["SYS_ADMIN"]},
        {"Privileged": True},
        {"PidMode": "host"},
        {"Devices": [{"PathOnHost": "/dev/kvm"}]},
        {"MemorySwap": -1},
        {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}},
    ],
)
def test_what_was_never_asked_for_is_found(given: dict[str, Any]) -> None:
    container = read_back()
    container["HostConfig"].update(given)
    (name,) = given
    assert [found.setting for found in compare(container).mismatches] == [f"HostConfig.{name}"]


@pytest.mark.parametrize(
    "options",
    [
        ["no-new-privileges:true"],
        ["no-new-privileges:true", "seccomp=unconfined"],
        ["no-new-privileges:false", BODY["HostConfig"]["SecurityOpt"][1]],
        [*BODY["HostConfig"]["SecurityOpt"], "apparmor=unconfined"],
    ],
)
def test_other_security_options_are_found(options: list[str]) -> None:
    container = read_back()
    container["HostConfig"]["SecurityOpt"] = options
    assert [found.setting for found in compare(container).mismatches] == ["HostConfig.SecurityOpt"]


def test_a_missing_or_larger_ulimit_is_found_by_name() -> None:
    container = read_back()
    nofile, _, core = container["HostConfig"]["Ulimits"]
    container["HostConfig"]["Ulimits"] = [{**nofile, "Hard": 99999}, core]
    found = {one.setting for one in compare(container).mismatches}
    assert found == {"HostConfig.Ulimits.nofile", "HostConfig.Ulimits.fsize"}


def test_control_another_ulimit_that_the_engine_sets_for_all_is_fine() -> None:
    container = read_back()
    container["HostConfig"]["Ulimits"].append({"Name": "memlock", "Soft": 1, "Hard": 1})
    assert compare(container).mismatches == ()


def test_an_anonymous_volume_or_a_bind_is_found() -> None:
    container = read_back()
    container["Mounts"].append(
        {"Type": "volume", "Name": "f00", "Destination": "/data", "RW": True}
    )
    (found,) = compare(container).mismatches
    assert found.setting == "Mounts"
    assert "volume f00 at /data rw" in found.got


def test_inputs_that_would_be_writable_are_found() -> None:
    container = read_back()
    container["Mounts"][0]["RW"] = True
    assert [found.setting for found in compare(container).mismatches] == ["Mounts"]


def test_another_image_or_environment_is_found() -> None:
    container = read_back()
    container["Image"] = "sha256:2"
    container["Config"]["Env"] = [*BODY["Env"], "HTTP_PROXY=http://user:password@proxy"]
    assert {found.setting for found in compare(container).mismatches} == {"Image", "Env"}


@pytest.mark.parametrize(
    ("key", "value", "setting"),
    [
        ("Options", None, "Volume.output.DriverOpts"),
        ("Driver", "nfs", "Volume.output.Driver"),
        ("Labels", None, "Volume.output.Labels"),
    ],
)
def test_a_volume_that_is_not_fresh_memory_of_ours_is_found(
    key: str, value: object, setting: str
) -> None:
    inputs, output = volumes_read_back()
    found = attest(BODY, read_back(), VOLUMES, (inputs, {**output, key: value})).mismatches
    assert [one.setting for one in found] == [setting]


def test_the_refusal_names_setting_asked_and_got() -> None:
    container = read_back()
    container["HostConfig"]["MemorySwap"] = -1
    with pytest.raises(
        EngineError, match=r"HostConfig\.MemorySwap: asked for 2147483648, got -1"
    ) as refused:
        require_attested(compare(container))
    assert refused.value.exit_code == 5
