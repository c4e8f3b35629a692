"""A run on the eval side of a case."""

from dataclasses import dataclass

from runner.suites.manifest import RevealRecord, RunRecord
from runner.suites.staged_files import StagedFile


@dataclass(frozen=True, slots=True)
class EvalRun(RunRecord):
    """A run that a case evaluates, with what the case reveals of it.

    ``reveal`` is the number of that.
    """

    reveal: int
    revealed_instances: int
    instance_targets: int

    @classmethod
    def of(cls, run: RunRecord, reveal: RevealRecord) -> "EvalRun":
        """Return the run with one of its draws."""
        return cls(
            number=run.number,
            name=run.name,
            scenario=run.scenario,
            model=run.model,
            model_deployment=run.model_deployment,
            instances_by_split=run.instances_by_split,
            targets=run.targets,
            reveal=reveal.number,
            revealed_instances=reveal.revealed_instances,
            instance_targets=reveal.instance_targets,
        )


def part_number(run: RunRecord, file: StagedFile) -> int:
    """Return the number of a run's part of a file."""
    return run.reveal if file.is_drawn and isinstance(run, EvalRun) else run.number
