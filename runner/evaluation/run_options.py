"""The settings of an evaluation: what its options ask for, and else the suite's own choice."""

from dataclasses import dataclass, replace

from runner.contract.limits import MIB, Limits
from runner.evaluation.input_changes import choose_input_changes
from runner.evaluation.passes import RunSettings
from runner.sandbox.policy import SandboxPolicy
from runner.suites.public_suite import PublicSuite


@dataclass(frozen=True)
class RunOptions:
    """What the options ask of every suite. None leaves it to the suite."""

    seed: int | None
    wall_seconds: float | None
    memory_mib: int | None
    cpus: float | None
    runtime: str | None
    gpus: int
    rerun: bool
    repeat: int
    shuffle: bool
    probe: bool

    def on(self, suite: PublicSuite) -> RunSettings:
        """Return what all cases of a suite are run under."""
        policy = SandboxPolicy(self._limits(suite.limits), self.runtime, self.gpus)
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
        )
