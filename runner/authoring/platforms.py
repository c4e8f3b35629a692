"""The platform that an image is built for: the engine's own, or another one."""

from dataclasses import dataclass
from typing import Self

from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import ENGINE_ARCHITECTURES, engine_platform

_CANT_RUN = "exec format error"
"""What Linux says of a program of another processor."""


@dataclass(frozen=True)
class BuildPlatform:
    """What an image is built for.

    Attributes:
        name: in the words of images, e.g. ``linux/arm64``.
        machine: in the words of wheels, e.g. ``aarch64``.
        is_engines: it is the engine's own, so that the build can run its programs.
    """

    name: str
    machine: str
    is_engines: bool

    @classmethod
    def of(cls, engine: Engine, asked: str | None) -> Self:
        """Return the platform that is asked for; the engine's own if none is."""
        own = str(engine.fetch_info()["Architecture"])
        name = asked or engine_platform(own)
        machines = {engine_platform(machine): machine for machine in (own, *ENGINE_ARCHITECTURES)}
        return cls(name, machines[name], name == engine_platform(own))

    @property
    def architecture(self) -> str:
        """Return the second part of its name, e.g. ``arm64``."""
        return self.name.partition("/")[2]

    def fits(self, image_platform: str) -> bool:
        """Return whether an image says that it is for this platform, or does not say."""
        return image_platform in (self.name, "linux")

    def advice(self, said: str) -> str:
        """Return what to do if a step had to run a program that the engine can't run, else nothing.

        Args:
            said: by the engine, of the step that failed.
        """
        if self.is_engines or _CANT_RUN not in said:
            return ""
        return (
            f"\nThis step runs a program of {self.name}, which this engine can't: RUN lines and "
            "apt.txt need an engine with emulation (Docker Desktop has it; on Linux install "
            f"qemu-user-static), or one for {self.name}, which DOCKER_HOST names."
        )
