"""A suite on disk, opened: its cases, what their containers may see, and the actuals.

The two are different types. Staging and the sandbox take Inputs; only scoring takes Actuals, which
are read when the container is gone.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import Any

import polars as pl
import polars.selectors as cs
from cachetools import LRUCache, cached

from runner.contract import layout
from runner.contract.limits import Limits
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.contract.targets import Targets
from runner.errors import SuiteError
from runner.scores.baseline import train_mean_baseline
from runner.scores.policy import ScoringPolicy
from runner.suites.manifest import (
    ACTUALS,
    ANSWERS,
    ASSETS,
    EVAL_FRAMES,
    INSTANCE_ACTUALS,
    MANIFEST,
    PRIVATE,
    PUBLIC,
    TRAIN_FRAMES,
    CaseRecord,
    RunRecord,
    SuiteManifest,
)
from runner.suites.parts import read_part

HELD_TARGETS = 1_000_000
"""Of how many targets the baselines are held for the images that come next."""


@dataclass(frozen=True)
class Inputs:
    """What one container may see. Holds no actual, and no path to one.

    Attributes:
        suite: the suite's name, for the manifest.
        suite_digest: the suite's digest.
        case: the case's id.
        parts: for each file below ``/input`` that is a frame, the parts that it is joined from.
        assets: for each file below ``/input/assets``, where it is.
        revealed: in words and numbers, for the manifest.
    """

    suite: str
    suite_digest: str
    case: str
    parts: Mapping[str, tuple[Path, ...]]
    assets: Mapping[str, Path]
    revealed: Mapping[str, Any]


@dataclass(frozen=True)
class Actuals:
    """The withheld stats of one case, by target, of its runs and of instances."""

    stats: Mapping[Target, Stat]
    instance_stats: Mapping[InstanceTarget, Stat]

    @property
    def targets(self) -> Targets:
        """Return their keys."""
        return Targets(tuple(self.stats), tuple(self.instance_stats))


@dataclass(frozen=True)
class Case:
    """One train/eval division: what one container sees, and which runs it is scored on."""

    id: str
    train_runs: tuple[RunRecord, ...]
    eval_runs: tuple[RunRecord, ...]

    @property
    def wanted_files(self) -> tuple[str, ...]:
        """Return the names of the files that a container must leave in /output."""
        needed = {
            layout.PREDICTIONS: any(run.targets for run in self.eval_runs),
            layout.INSTANCE_PREDICTIONS: any(run.instance_targets for run in self.eval_runs),
        }
        return tuple(name for name, is_needed in needed.items() if is_needed)


@dataclass(frozen=True)
class Suite:
    """A frozen set of cases.

    Attributes:
        root: the directory of both halves, or of the public one.
        digest: ``sha256:...`` of the public manifest, and through it of every file.
        manifest: the public one.
        secret: the directory of the private half if it is elsewhere. No message shows it.
    """

    root: Path
    digest: str
    manifest: SuiteManifest
    secret: Path | None = None

    @property
    def name(self) -> str:
        """Return the suite's name."""
        return self.manifest.name

    @property
    def limits(self) -> Limits:
        """Return what a predictor may use."""
        return self.manifest.limits

    @property
    def scoring(self) -> ScoringPolicy:
        """Return how evaluations are scored; a suite from before there was a choice: by default."""
        return ScoringPolicy.model_validate(self.manifest.choices.get("scoring", {}))

    @property
    def cases(self) -> tuple[Case, ...]:
        """Return the cases in their order."""
        runs = {run.number: run for run in self.manifest.runs}
        return tuple(_case(record, runs) for record in self.manifest.cases)

    def case(self, case_id: str) -> Case:
        """Return the case of this id."""
        runs = {run.number: run for run in self.manifest.runs}
        return _case(next(one for one in self.manifest.cases if one.id == case_id), runs)

    def inputs(self, case: Case) -> Inputs:
        """Return what the container of a case may see."""
        train = {
            f"train/{frame}.parquet": tuple(
                self.part(run, f"train/{frame}") for run in case.train_runs
            )
            for frame in TRAIN_FRAMES
        }
        evaluated = {
            f"eval/{frame}.parquet": tuple(
                self.part(run, f"eval/{frame}") for run in case.eval_runs
            )
            for frame in EVAL_FRAMES
            if frame != "instance_targets" or self.manifest.choices["instance_targets"]
        }
        assets = [name for name in self.manifest.files if name.startswith(f"{ASSETS}/")]
        return Inputs(
            suite=self.name,
            suite_digest=self.digest,
            case=case.id,
            parts={**train, **evaluated},
            assets={name: self.root / PUBLIC / name for name in assets},
            revealed=self.manifest.choices["revealed"],
        )

    def eval_run_specs(self) -> dict[str, dict[str, Any]]:
        """Return the revealed columns of every eval run's spec, by run; nulls are left out."""
        evaluated = {run.name: run for case in self.cases for run in case.eval_runs}
        return {
            name: {
                column: value
                for column, value in read_part(self.part(run, "eval/run_specs"))
                .row(0, named=True)
                .items()
                if value is not None
            }
            for name, run in evaluated.items()
        }

    def answers(self) -> Iterator[pl.DataFrame]:
        """Give what each run answered, in hashes; see ``twins.fingerprint_run``."""
        for run in self.manifest.runs:
            yield read_part(self.private / run.folder / ANSWERS)

    @property
    def has_actuals(self) -> bool:
        """Return whether the private half is there, so that predictions can be scored."""
        return (self.private / MANIFEST).is_file()

    @property
    def private(self) -> Path:
        """Return where the private half is."""
        return self.root / PRIVATE if self.secret is None else self.secret

    def private_name(self, path: Path) -> str:
        """Return what a file of the private half is called in messages."""
        if self.secret is None:
            return str(path)
        below = path.relative_to(self.secret).as_posix()
        return "the private half" if below == "." else f"{below} of the private half"

    def part(self, run: RunRecord, frame: str) -> Path:
        """Return where a frame of a run is, e.g. ``train/stats``."""
        return self.root / PUBLIC / run.folder / f"{frame}.arrow"

    def targets(self, case: Case) -> Targets:
        """Return what is to be predicted of a case, as its container is told."""
        stats = map(Target.from_row, self._eval_rows(case, "targets"))
        instance_stats = map(InstanceTarget.from_row, self._eval_rows(case, "instance_targets"))
        return Targets(tuple(stats), tuple(instance_stats))

    def _eval_rows(self, case: Case, frame: str) -> Iterator[dict[str, Any]]:
        for path in self.inputs(case).parts.get(f"eval/{frame}.parquet", ()):
            yield from read_part(path).iter_rows(named=True)

    def actuals(self, case: Case) -> Actuals:
        """Return the withheld stats of a case.

        Raises:
            SuiteError: the private half is not there, or is not this suite's.
        """
        stats: dict[Target, Stat] = {}
        instance_stats: dict[InstanceTarget, Stat] = {}
        for run in case.eval_runs:
            path = self.private / run.folder / ACTUALS
            with private_errors(self.private_name(path)):
                for stat in _read_actuals(path):
                    stats[Target(run.name, stat.name)] = stat
            path = self.private / run.folder / INSTANCE_ACTUALS
            with private_errors(self.private_name(path)):
                for place, stat in _read_instance_actuals(path):
                    instance_stats[InstanceTarget(run.name, *place, stat.name)] = stat
        return Actuals(stats, instance_stats)

    def baselines(
        self, case: Case, actuals: Actuals
    ) -> dict[Target | InstanceTarget, float | None]:
        """Return the train mean of every target of a case, None where the train runs have none."""
        sides: tuple[tuple[str, tuple[Target | InstanceTarget, ...]], ...] = (
            ("stats", tuple(actuals.stats)),
            ("per_instance_stats", tuple(actuals.instance_stats)),
        )
        baselines: dict[Target | InstanceTarget, float | None] = {}
        for frame, targets in sides:
            if targets:
                baselines |= zip(targets, _train_means(self, case, frame, targets), strict=True)
        return baselines


@cached(
    LRUCache(HELD_TARGETS, getsizeof=len),
    key=lambda suite, case, frame, targets: (suite.digest, case.id, frame, targets),
    condition=Condition(),
)
def _train_means(
    suite: Suite, case: Case, frame: str, targets: tuple[Target | InstanceTarget, ...]
) -> list[float | None]:
    """Return the baseline of targets from a train frame, found once for all images of a batch."""
    parts = [read_part(suite.part(run, f"train/{frame}")) for run in case.train_runs]
    plain = [part.select(~cs.nested()) for part in parts]
    return train_mean_baseline(pl.concat(plain, how="diagonal_relaxed"), targets)


def _case(record: CaseRecord, runs: Mapping[int, RunRecord]) -> Case:
    return Case(
        id=record.id,
        train_runs=tuple(runs[number] for number in record.train),
        eval_runs=tuple(runs[number] for number in record.eval),
    )


def _read_actuals(path: Path) -> list[Stat]:
    return [Stat.from_json(stat) for stat in json.loads(path.read_bytes())]


def _read_instance_actuals(path: Path) -> list[tuple[tuple[str, int], Stat]]:
    """Return (instance id, train trial index) and stat, one after the other."""
    return [
        ((entry["instance_id"], entry["train_trial_index"]), Stat.from_json(stat))
        for entry in json.loads(path.read_bytes())
        for stat in entry["stats"]
    ]


@contextmanager
def private_errors(name: str) -> Iterator[None]:
    """Convert errors of the private half; their own text could quote an actual, or the path."""
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise SuiteError(f"{name}: can't be read ({reason})") from error
