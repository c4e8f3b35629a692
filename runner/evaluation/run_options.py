"""The settings of an evaluation: from its options, or else from the suite."""

from dataclasses import dataclass, replace

from runner.contract.limits import ALL_GPUS, BOUNDS, MIB, Limits, out_of_bounds
from runner.errors import UsageError
from runner.evaluation.input_changes import BLANKED, SHUFFLED, InputChange, choose_input_changes
from runner.sandbox.policy import SandboxPolicy
from runner.suites.division_spec import LARGEST_SEED
from runner.suites.public_suite import PublicSuite

MOST_REPEATS = 1000
"""Beyond it a predictor in another language can't read the manifest's seed."""


@dataclass(frozen=True)
class RunSettings:
    """The settings under which all cases of an evaluation run.

    Attributes:
        policy: what the predictor may use, and what the engine runs it with.
        seed: given to the predictor in the manifest.
        rerun: whether cases that have finished before are run again.
        input_changes: each makes a further run of every case, compared with the first.
    """

    policy: SandboxPolicy
    seed: int
    rerun: bool = False
    input_changes: tuple[InputChange, ...] = ()

    def asked(self, suite: PublicSuite) -> list[str]:
        """Return what differs from the suite's own settings, each e.g. ``seed-7`` or ``probe``."""
        own = RunOptions().on(suite)._by_option()  # noqa: SLF001  (of this class)
        changed = {name: text for name, text in self._by_option().items() if text != own[name]}
        return [f"{name}-{text}" if text else name for name, text in changed.items()]

    def _by_option(self) -> dict[str, str | None]:
        """Return each setting by its option's name, as text; a flag is empty, None if not given."""
        limits, changes = self.policy.limits, set(self.input_changes)
        return {
            "seed": str(self.seed),
            "wall-seconds": f"{limits.wall_seconds:.12g}",
            "memory-mib": f"{limits.memory_bytes / MIB:.12g}",
            "cpus": f"{limits.cpus:.12g}",
            "runtime": self.policy.runtime,
            "gpus": "all" if limits.gpus == ALL_GPUS else str(limits.gpus),
            "repeat": str(len(changes - {SHUFFLED, BLANKED})),
            "shuffle": "" if SHUFFLED in changes else None,
            "probe": "" if BLANKED in changes else None,
        }


@dataclass(frozen=True)
class RunOptions:
    """What the options ask for, on every suite. With None the suite decides.

    Attributes:
        seed: given to the predictor.
        wall_seconds, memory_mib, cpus: what a container may use; memory in MiB.
        runtime: an OCI runtime of the engine; None for the engine's own.
        gpus: how many the container gets, ALL_GPUS for all.
        rerun: whether cases that have finished before are run again.
        repeat: how many times more each case is run.
        shuffle: whether each case is run again, all rows in another order.
        probe: whether each case is run again with nothing revealed of its eval runs.
    """

    seed: int | None = None
    wall_seconds: float | None = None
    memory_mib: int | None = None
    cpus: float | None = None
    runtime: str | None = None
    gpus: int | None = None
    rerun: bool = False
    repeat: int = 0
    shuffle: bool = False
    probe: bool = False

    def __post_init__(self) -> None:
        """Raise an error for limits under which nothing can run.

        Raises:
            UsageError: a number is too small, too large, or none.
        """
        memory_bounds = tuple(bound / MIB for bound in BOUNDS["memory_bytes"])
        bounds = {
            "--wall-seconds": (self.wall_seconds, BOUNDS["wall_seconds"]),
            "--memory-mib": (self.memory_mib, memory_bounds),
            "--cpus": (self.cpus, BOUNDS["cpus"]),
            "--repeat": (self.repeat, (0, MOST_REPEATS)),
            "--gpus": (self.gpus, BOUNDS["gpus"]),
            "--seed": (self.seed, (0, LARGEST_SEED)),
        }
        for option, (value, (least, most)) in bounds.items():
            if value is not None and not least <= value <= most:
                raise UsageError(f"{out_of_bounds(option, value, least, most)}.")

    def on(self, suite: PublicSuite) -> RunSettings:
        """Return the settings under which all cases of a suite run."""
        policy = SandboxPolicy(self._limits(suite.limits), self.runtime)
        seed = suite.manifest.choices["seed"] if self.seed is None else self.seed
        is_required = suite.scoring.determinism != "not_required"
        changes = choose_input_changes(max(self.repeat, is_required), self.shuffle, self.probe)
        return RunSettings(policy, seed, self.rerun, changes)

    def _limits(self, of_suite: Limits) -> Limits:
        memory_mib = self.memory_mib
        return replace(
            of_suite,
            wall_seconds=of_suite.wall_seconds if self.wall_seconds is None else self.wall_seconds,
            memory_bytes=of_suite.memory_bytes if memory_mib is None else memory_mib * MIB,
            cpus=of_suite.cpus if self.cpus is None else self.cpus,
            gpus=of_suite.gpus if self.gpus is None else self.gpus,
        )
