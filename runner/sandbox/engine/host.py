"""What the engine's host provides and lacks: the engine's answers -> findings. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from runner.contract.limits import MIB, Limits
from runner.errors import UsageError

OLDEST_API = (1, 41)
"""The API of Docker 20.10, the oldest engine that the sandbox was tested on."""

ARCHITECTURES = ("x86_64", "aarch64")
"""The architectures that the keeper and the seccomp profile support, as the engine names them."""


class Level(StrEnum):
    """How much a finding weighs."""

    HELD = "held"
    WARNING = "warning"
    """A second line of defence is missing; every promise is still kept."""
    LACKING = "lacking"
    """A promise of the sandbox can't be kept, so nothing is evaluated."""


@dataclass(frozen=True)
class HostFinding:
    """One thing that the sandbox depends on.

    Attributes:
        name: what it is.
        level: whether it is there.
        found: what the engine reports about it.
        advice: what to do if it is missing.
    """

    name: str
    level: Level
    found: str
    advice: str | None = None


def examine_host(info: Mapping[str, Any], version: Mapping[str, Any]) -> tuple[HostFinding, ...]:
    """Return a finding for each feature of the host that the sandbox depends on.

    Of Podman there is only one: it says the others in other words, which would be misread.

    Args:
        info: the engine's answer to ``GET /info``.
        version: the engine's answer to ``GET /version``.
    """
    if _is_podman(version):
        found = f"Podman {version.get('Version', 'unknown')}: not supported"
        advice = "Use a Linux engine of Docker 20.10 or later; docs/podman.md says why."
        return (HostFinding("engine", Level.LACKING, found, advice),)
    return (
        _engine(info, version),
        _architecture(info),
        *_kernel_limits(info),
        _cgroups(info),
        *_security(info),
        *_plugins(info),
        _capacity(info),
        _runtimes(info),
    )


def engine_identity(info: Mapping[str, Any]) -> str:
    """Return a text that identifies this engine: its host and where it keeps its data."""
    return f"{info.get('Name')}:{info.get('DockerRootDir')}"


def has_nested_cgroups(info: Mapping[str, Any]) -> bool:
    """Return whether a container's cgroup can be put below another container's.

    In cgroup version 2 a group that has processes can have no groups below it, and systemd
    manages a tree of its own.
    """
    return (info.get("CgroupVersion"), info.get("CgroupDriver")) == ("1", "cgroupfs")


def lacking(findings: tuple[HostFinding, ...]) -> tuple[HostFinding, ...]:
    """Return the findings that prevent an evaluation, because a promise could not be kept."""
    return tuple(finding for finding in findings if finding.level is Level.LACKING)


def check_capacity(info: Mapping[str, Any], limits: Limits, runtime: str | None) -> None:
    """Raise an error if the engine's host lacks the CPUs, memory or runtime asked for.

    Args:
        info: the engine's answer to ``GET /info``.
        runtime: an OCI runtime by its name; None for the engine's default.

    Raises:
        UsageError: the host has fewer CPUs or less memory, or the engine lacks the runtime.
    """
    if runtime is not None and runtime not in info["Runtimes"]:
        known = ", ".join(sorted(info["Runtimes"]))
        raise UsageError(
            f"{runtime}: the engine has no such runtime. It has {known}; add others to its "
            "daemon.json and restart it."
        )
    if limits.cpus > info["NCPU"]:
        raise UsageError(f"The engine's host has {info['NCPU']} CPUs, not {limits.cpus:g}.")
    if limits.memory_bytes > info["MemTotal"]:
        raise UsageError(
            f"The engine's host has {info['MemTotal'] // MIB} MiB of memory, "
            f"not {limits.memory_bytes // MIB}."
        )


def _finding(
    name: str, there: bool, found: str, advice: str, otherwise: Level = Level.LACKING
) -> HostFinding:
    return (
        HostFinding(name, Level.HELD, found)
        if there
        else HostFinding(name, otherwise, found, advice)
    )


def _is_podman(version: Mapping[str, Any]) -> bool:
    parts = version.get("Components") or ()
    return any("podman" in str(part.get("Name")).lower() for part in parts)


def _engine(info: Mapping[str, Any], version: Mapping[str, Any]) -> HostFinding:
    api = str(version.get("ApiVersion", "0"))
    recent = tuple(int(part) for part in api.split(".")) >= OLDEST_API
    found = f"{version.get('Version', 'unknown')}, API {api}, {info.get('OSType', 'unknown')}"
    return _finding(
        "engine",
        recent and info.get("OSType") == "linux",
        found,
        "Use a Linux engine of Docker 20.10 or later.",
    )


def _architecture(info: Mapping[str, Any]) -> HostFinding:
    found = str(info.get("Architecture", "unknown"))
    advice = f"The sandbox runs on {' and '.join(ARCHITECTURES)} only."
    return _finding("architecture", found in ARCHITECTURES, found, advice)


def _kernel_limits(info: Mapping[str, Any]) -> Iterator[HostFinding]:
    controls = {
        "memory limit": ("MemoryLimit", "Enable the kernel's memory controller (cgroups)."),
        "swap limit": (
            "SwapLimit",
            "Start the kernel with swapaccount=1, or use cgroup version 2: swap must be counted.",
        ),
        "process limit": ("PidsLimit", "Enable the kernel's pids controller (cgroups)."),
        "CPU limit": ("CpuCfsQuota", "Enable the kernel's CFS quota (CONFIG_CFS_BANDWIDTH)."),
    }
    for name, (key, advice) in controls.items():
        there = info.get(key) is True
        yield _finding(name, there, "counted by the kernel" if there else "not counted", advice)


def _cgroups(info: Mapping[str, Any]) -> HostFinding:
    found = f"version {info.get('CgroupVersion', '1')}, driver {info.get('CgroupDriver', 'none')}"
    there = info.get("CgroupDriver") not in (None, "none")
    return _finding("cgroups", there, found, "A rootless engine needs cgroup version 2 delegated.")


def _security(info: Mapping[str, Any]) -> Iterator[HostFinding]:
    options = _security_options(info)
    yield _finding(
        "seccomp",
        "seccomp" in options,
        "on" if "seccomp" in options else "off",
        "Use a kernel with CONFIG_SECCOMP_FILTER and an engine that was built with seccomp.",
    )
    modules = sorted(options & {"apparmor", "selinux"})
    yield _finding(
        "AppArmor or SELinux",
        bool(modules),
        ", ".join(modules) or "neither",
        "Enable one of them in the kernel; it would hold if another protection failed.",
        Level.WARNING,
    )
    separate = sorted(options & {"userns", "rootless"})
    yield _finding(
        "user namespace",
        bool(separate),
        ", ".join(separate) or "the host's own",
        'Set "userns-remap": "default" in the engine\'s daemon.json, or run it rootless; a user '
        "who broke out would then be nobody on the host.",
        Level.WARNING,
    )


def _security_options(info: Mapping[str, Any]) -> set[str]:
    options: set[str] = set()
    for option in info.get("SecurityOptions") or ():
        fields = dict(field.partition("=")[::2] for field in str(option).split(","))
        options.add(fields.get("name", ""))
    return options


def _plugins(info: Mapping[str, Any]) -> Iterator[HostFinding]:
    plugins = info.get("Plugins") or {}
    for name, kind, wanted in (
        ("bounded logs", "Log", "json-file"),
        ("volumes in memory", "Volume", "local"),
    ):
        there = wanted in (plugins.get(kind) or ())
        found = f"{wanted} driver" if there else f"no {wanted} driver"
        yield _finding(
            name, there, found, f"Use an engine with the {wanted} {kind.lower()} driver."
        )


def _capacity(info: Mapping[str, Any]) -> HostFinding:
    default = Limits()
    cpus, memory_bytes = info.get("NCPU", 0), info.get("MemTotal", 0)
    return _finding(
        "capacity",
        cpus >= default.cpus and memory_bytes >= default.memory_bytes,
        f"{cpus} CPUs, {memory_bytes // MIB} MiB of memory",
        f"The default limits are {default.cpus:g} CPUs and {default.memory_bytes // MIB} MiB: "
        "evaluate with lower ones (--cpus, --memory-mib).",
        Level.WARNING,
    )


def _runtimes(info: Mapping[str, Any]) -> HostFinding:
    found = ", ".join(sorted(info.get("Runtimes") or ()))
    return HostFinding("runtimes", Level.HELD, f"{found}; default {info.get('DefaultRuntime')}")
