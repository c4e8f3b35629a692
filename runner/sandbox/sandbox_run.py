"""What is left of a container, as a value: who judges it needs no engine."""

from dataclasses import dataclass
from typing import ClassVar

from runner.sandbox.attestation import Attestation
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import BYTES_AS_BASE64, Output
from runner.sandbox.resources import ResourceUse


@dataclass(frozen=True)
class SandboxRun:
    """What is left of a container after it is gone.

    Attributes:
        end: how it ended.
        output: what /output held.
        log: the end of what it printed; for the organizer only, as it may quote the inputs.
        resources: what it used of its limits.
        attestation: the settings asked for and those it ran with; None if it never started.
    """

    __pydantic_config__: ClassVar = BYTES_AS_BASE64

    end: ContainerEnd
    output: Output
    log: bytes
    resources: ResourceUse
    attestation: Attestation | None
