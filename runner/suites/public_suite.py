"""The public half of a suite, opened: its cases, and what their containers may see.

Code that stages a case, runs it or sends it elsewhere takes this type, which can't reach an
actual. ``Suite`` adds the actuals; only code that judges and scores takes a ``Suite``.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from runner.contract import layout
from runner.contract.limits import Limits
from runner.files.shared_files import SharedFiles
from runner.scores.policy import ScoringPolicy
from runner.suites.eval_run import EvalRun, part_number
from runner.suites.manifest import RunRecord, SuiteManifest, part_name
from runner.suites.open_half import OpenHalf, Part
from runner.suites.staged_files import EVAL_FILES, STAGED_FILES, TRAIN_FILES, StagedFile


@dataclass(frozen=True)
class Inputs:
    """What one container may see. Holds no actual, and no path to one.

    Attributes:
        suite: the suite's name, for the manifest.
        suite_digest: the suite's digest.
        case: the case's id.
        parts: for each file below ``/input`` that is a frame, the parts that it is joined from.
        assets: the suite's, by their path below ``/input``.
        revealed: in words and numbers, for the manifest.
    """

    suite: str
    suite_digest: str
    case: str
    parts: Mapping[str, tuple[Part, ...]]
    assets: Mapping[str, Part]
    revealed: Mapping[str, Any]


@dataclass(frozen=True)
class SuiteCase:
    """One train/eval division: what one container sees, and which runs it is scored on.

    Attributes:
        budget: how many instances of each eval run are revealed; None for all.
        replicate: the draw that it is of, from 1.
    """

    id: str
    budget: int | None
    replicate: int
    train_runs: tuple[RunRecord, ...]
    eval_runs: tuple[EvalRun, ...]

    @property
    def wanted_files(self) -> tuple[str, ...]:
        """Return the names of the files that a container must leave in /output."""
        needed = {
            layout.PREDICTIONS: any(run.targets for run in self.eval_runs),
            layout.INSTANCE_PREDICTIONS: any(run.instance_targets for run in self.eval_runs),
        }
        return tuple(name for name, is_needed in needed.items() if is_needed)


@dataclass(frozen=True)
class DescribedSuite:
    """A frozen set of cases, as its public manifest describes it.

    Attributes:
        root: the suite's directory, which the public half is in.
        digest: ``sha256:...`` of the public manifest, and through it of every file.
        manifest: the public one.
    """

    root: Path
    digest: str
    manifest: SuiteManifest

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
        """Return how evaluations are scored; older suites without a choice have the default."""
        return ScoringPolicy.model_validate(self.manifest.choices.get("scoring", {}))

    @cached_property
    def cases(self) -> tuple[SuiteCase, ...]:
        """Return the cases in their order."""
        runs = {run.number: run for run in self.manifest.runs}
        eval_runs = {
            reveal.number: EvalRun.of(runs[reveal.run], reveal) for reveal in self.manifest.reveals
        }
        return tuple(
            SuiteCase(
                id=record.id,
                budget=record.budget,
                replicate=record.replicate,
                train_runs=tuple(runs[number] for number in record.train),
                eval_runs=tuple(eval_runs[number] for number in record.eval),
            )
            for record in self.manifest.cases
        )

    def case(self, case_id: str) -> SuiteCase:
        """Return the case of this id."""
        return next(case for case in self.cases if case.id == case_id)

    def case_bytes(self, case: SuiteCase) -> int:
        """Return the size on disk of what the container of a case may see, without assets."""
        return sum(
            self.manifest.parts[part_name(path)][number].bytes
            for path, numbers in self.part_numbers(case).items()
            for number in numbers
        )

    def revealed(self, case: SuiteCase) -> dict[str, Any]:
        """Return what the container of a case is told of what is revealed."""
        instances = "all" if case.budget is None else case.budget
        return {**self.manifest.choices["revealed"], "instances": instances}

    @cached_property
    def inputs_digests(self) -> Mapping[str, str]:
        """Return for each case a digest of what its container sees, but for its seed and limits.

        It follows from the manifest: nothing is staged. Actuals have no part in it.
        """
        return {case.id: self._inputs_digest(case) for case in self.cases}

    def _inputs_digest(self, case: SuiteCase) -> str:
        parts = self.manifest.parts
        files = {
            path: [parts[part_name(path)][number].sha256 for number in numbers]
            for path, numbers in self.part_numbers(case).items()
        }
        seen = {
            "contract_version": self.manifest.contract_version,
            "suite": self.name,
            "case": case.id,
            "revealed": self.revealed(case),
            "assets": {name: record.sha256 for name, record in self.manifest.files.items()},
            "files": {path: _digest("".join(digests)) for path, digests in files.items()},
        }
        return _digest(json.dumps(seen, sort_keys=True))

    def part_numbers(self, case: SuiteCase) -> dict[str, tuple[int, ...]]:
        """Return for each frame below ``/input`` the numbers of the parts that are in it."""
        sides: tuple[tuple[Iterable[StagedFile], tuple[RunRecord, ...]], ...] = (
            (TRAIN_FILES, case.train_runs),
            (EVAL_FILES, case.eval_runs),
        )
        return {
            file.path: tuple(part_number(run, file) for run in runs)
            for files, runs in sides
            for file in files
            if file.is_staged(self.manifest.choices)
        }


@dataclass(frozen=True)
class PublicSuite(DescribedSuite):
    """A frozen set of cases, with all that their containers may see.

    Attributes:
        shown: the public half's files. They stay as they were when the suite was opened, even if
            another suite takes its place.
    """

    shown: OpenHalf = field(compare=False, repr=False)

    def inputs(self, case: SuiteCase) -> Inputs:
        """Return what the container of a case may see."""
        return Inputs(
            suite=self.name,
            suite_digest=self.digest,
            case=case.id,
            parts={
                path: tuple(self.shown.parts[part_name(path)][number] for number in numbers)
                for path, numbers in self.part_numbers(case).items()
            },
            assets=self.shown.files,
            revealed=self.revealed(case),
        )

    @cached_property
    def shared_files(self) -> SharedFiles | None:
        """Return the suite's assets by their path below ``/input/assets``; None without any."""
        assets = {
            name.removeprefix(f"{layout.ASSETS}/"): part for name, part in self.shown.files.items()
        }
        return SharedFiles(assets) if assets else None

    def part(self, run: RunRecord, path: str) -> Part:
        """Return a run's part of a file below ``/input``."""
        return self.shown.parts[part_name(path)][part_number(run, STAGED_FILES[path])]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
