"""Compares the settings that the engine reports with those that were asked for. Pure.

An engine may drop a setting with no more than a warning, e.g. a swap limit that its kernel does not
count. So the settings are read back before the start.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import SettingsNotKeptError
from runner.sandbox.policy import Body

Settings = Mapping[str, Any]
"""Values by the name of the setting in the engine's API, e.g. ``HostConfig.Memory``."""

SECCOMP_PREFIX = "seccomp="

ABSENT: tuple[Any, ...] = (None, "", 0, False, [], {})
"""Values that mean "not set"; engines differ in which one they use."""


@dataclass(frozen=True)
class Mismatch:
    """A setting that the engine reports with another value than was asked for."""

    setting: str
    asked: Any
    got: Any


@dataclass(frozen=True)
class Attestation:
    """The settings of one container and its volumes: what was asked for, and what the engine has.

    Both are flat, so that a reader of the report can compare them.
    """

    asked: Settings
    effective: Settings

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """Return every setting that differs between the two."""
        return tuple(
            Mismatch(name, asked, self.effective[name])
            for name, asked in self.asked.items()
            if self.effective[name] != asked
        )


def attest(
    body: Body,
    container: Mapping[str, Any],
    volume_bodies: tuple[Body, ...],
    volumes: tuple[Mapping[str, Any], ...],
) -> Attestation:
    """Return the settings that were asked for and those that the engine has.

    Args:
        body: what the container was created with.
        container: the engine's answer to ``GET /containers/{id}/json``.
        volume_bodies: what its volumes were created with.
        volumes: the engine's answers to ``GET /volumes/{name}``, in the same order.
    """
    asked = {
        **_container_settings(body, body["HostConfig"], body["Image"]),
        "Mounts": _asked_mounts(body),
    }
    effective = {
        **_container_settings(container["Config"], container["HostConfig"], container["Image"]),
        "Mounts": _effective_mounts(container),
    }
    for volume_body, volume in zip(volume_bodies, volumes, strict=True):
        name = volume_body["Name"].rpartition("-")[2]
        for key, read_back in (("Driver", "Driver"), ("DriverOpts", "Options")):
            asked[f"Volume.{name}.{key}"] = _plain(volume_body[key])
            effective[f"Volume.{name}.{key}"] = _plain(volume.get(read_back))
        asked[f"Volume.{name}.Labels"] = volume_body["Labels"]
        effective[f"Volume.{name}.Labels"] = volume.get("Labels")
    return Attestation(asked, {name: effective.get(name) for name in asked})


def require_attested(attestation: Attestation) -> None:
    """Refuse to start a container whose settings are not those of the policy.

    Raises:
        SettingsNotKeptError: names each setting, what was asked for and what the engine has.
    """
    if attestation.mismatches:
        differences = "; ".join(
            f"{mismatch.setting}: asked for {mismatch.asked!a}, got {mismatch.got!a}"
            for mismatch in attestation.mismatches
        )
        raise SettingsNotKeptError(
            f"The engine does not keep the sandbox's settings, so nothing was run ({differences}). "
            "`runner doctor` shows what this engine lacks.",
            f"the engine changes what the image declares ({differences})",
        )


def _container_settings(config: Body, host_config: Body, image_id: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"Image": image_id}
    settings.update(_flat(config, without=("HostConfig", "Image", "Labels")))
    settings.update(_flat(host_config, prefix="HostConfig.", without=("SecurityOpt", "Ulimits")))
    settings["Env"] = sorted(config.get("Env") or ())
    # The rest is left out: the engine fills in the interval of the image's check, which never runs.
    settings["Healthcheck"] = (config.get("Healthcheck") or {}).get("Test")
    settings["HostConfig.SecurityOpt"] = sorted(_security_options(host_config))
    for ulimit in host_config.get("Ulimits") or ():
        settings[f"HostConfig.Ulimits.{ulimit['Name']}"] = [ulimit["Soft"], ulimit["Hard"]]
    return settings


def _flat(
    body: Mapping[str, Any], *, without: tuple[str, ...], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        if name not in without:
            yield f"{prefix}{name}", _plain(value)


def _plain(value: Any) -> Any:
    """Return the value, or None if it is one of the values that mean "not set"."""
    if isinstance(value, Mapping):
        value = {name: _plain(inner) for name, inner in value.items()}
        value = {name: inner for name, inner in value.items() if inner is not None}
    elif isinstance(value, list):
        value = [_plain(inner) for inner in value]
    return None if value in ABSENT else value


def _security_options(host_config: Body) -> Iterator[str]:
    """Yield the options; the digest of the seccomp profile replaces its thousand lines."""
    for option in host_config.get("SecurityOpt") or ():
        if option.startswith(SECCOMP_PREFIX):
            digest = hashlib.sha256(option.removeprefix(SECCOMP_PREFIX).encode()).hexdigest()
            yield f"{SECCOMP_PREFIX}sha256:{digest}"
        else:
            yield option


def _asked_mounts(body: Body) -> list[str]:
    mounts = body["HostConfig"]["Mounts"]
    return sorted(_mount(m["Type"], m["Source"], m["Target"], not m["ReadOnly"]) for m in mounts)


def _effective_mounts(container: Mapping[str, Any]) -> list[str]:
    """Return every mount that is not in memory, so also an anonymous volume or a bind mount."""
    return sorted(
        _mount(m["Type"], m.get("Name") or m.get("Source"), m["Destination"], m["RW"])
        for m in container.get("Mounts") or ()
        if m["Type"] != "tmpfs"
    )


def _mount(kind: str, source: str, target: str, writable: bool) -> str:
    return f"{kind} {source} at {target} {'rw' if writable else 'ro'}"
