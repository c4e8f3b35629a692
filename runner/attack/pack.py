"""The pack: hostile predictors as files, each with its expected outcome in its docstring."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import runner
from runner.output.predictions import Cause
from runner.sandbox.outcome import Outcome
from runner.sandbox.seccomp import GVISOR

NETWORK = 1
"""The promise whose attacks get the address of the organizer's listener."""

PROMISES: Mapping[int, str] = {
    NETWORK: "no network but loopback, no vsock",
    2: "no user, capability, privilege or system call that reaches out",
    3: "no host disk beyond the log's bound",
    4: "every limit holds, and a breach has its right name",
    6: "no actual, and nothing of the host, can be seen",
    7: "no output is followed, waited for, or reads in too much memory",
    8: "no hostile text is shown unescaped",
    9: "nothing is left behind",
}
"""The promises of the sandbox that a hostile predictor can try, in a few words; see SECURITY.md."""

WALL_SECONDS = 20.0

VOLUME = "/data"

HARM_EXIT_CODE = 66
"""Printed by a hostile predictor whose attempt succeeded; see ``_attempt.py``."""


@dataclass(frozen=True)
class Attack:
    """One hostile predictor, and how its case must end if the sandbox holds.

    Attributes:
        name: of its file, without ``.py``.
        does: what it does, in one line.
        promise: the number of the promise that it tries to break.
        outcome, cause: expected.
        wall_seconds: the time limit.
        runs: how often it is run; the second run must find nothing of the first.
        volume: the VOLUME that its image declares.
    """

    name: str
    does: str
    promise: int
    outcome: Outcome
    cause: Cause | None
    wall_seconds: float
    runs: int
    volume: str

    @property
    def expected(self) -> str:
        """Return the expected outcome and cause, as they are shown."""
        return spell_outcome(self.outcome, self.cause)


def spell_outcome(outcome: str, cause: str | None) -> str:
    """Return ``outcome`` or ``outcome, cause``."""
    return f"{outcome}, {cause}" if cause else outcome


def pack_directory() -> Path:
    """Return the pack's folder: in the installed package, or in the checkout."""
    package = Path(runner.__file__).parent
    installed = package / "misbehaving"
    return installed if installed.is_dir() else package.parent / "images" / "misbehaving"


def read_pack(directory: Path, runtime: str | None = None) -> list[Attack]:
    """Return every attack in a directory, sorted by promise and name; ``_*.py`` are not attacks.

    Args:
        runtime: that runs them: under gVisor's kernel an outcome may have to be another one.
    """
    paths = [path for path in directory.glob("*.py") if not path.name.startswith("_")]
    attacks = [_read_attack(path, runtime) for path in paths]
    return sorted(attacks, key=lambda attack: (attack.promise, attack.name))


def _read_attack(path: Path, runtime: str | None) -> Attack:
    """Return the attack of one script, whose docstring ends with lines of ``field: value``."""
    head = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    fields = dict(re.findall(r"^(\w+): (.+)$", head, re.MULTILINE))
    is_other = runtime == GVISOR and "gvisor" in fields
    outcome, _, cause = fields["gvisor" if is_other else "expected"].partition(", ")
    return Attack(
        name=path.stem,
        does=" ".join(head.partition("\n\n")[0].split()),
        promise=int(fields["promise"]),
        outcome=Outcome(outcome),
        cause=Cause(cause) if cause else None,
        wall_seconds=float(fields.get("wall_seconds", WALL_SECONDS)),
        runs=int(fields.get("runs", 1)),
        volume=fields.get("volume", VOLUME),
    )
