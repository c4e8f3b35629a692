"""Cases of a suite, staged as files for a predictor that runs without a container.

The demo's case is kept in the user's cache: authors try it again and again, and making it takes
longer than most predictors.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from runner.building.demo_suite import ARCHIVE, DEMO_SUITE
from runner.building.draw import Draw
from runner.building.named import opened_suite
from runner.code_version import code_versions
from runner.contract.layout import INSTANCE_PREDICTIONS, PREDICTIONS
from runner.contract.limits import Limits
from runner.contract.predictor import Case
from runner.contract.stat import Stat, Target
from runner.contract.targets import Targets
from runner.errors import SuiteError, UsageError
from runner.files.scratch import scratch_directory
from runner.files.user_directories import kept_by_this_code
from runner.files.whole_writes import put_in_place, unfinished_directory
from runner.progress import SILENT, Progress
from runner.scores.policy import ScoringPolicy
from runner.suites.public_suite import SuiteCase
from runner.suites.staging import stage_inputs, write_inputs
from runner.suites.suite import Suite

KEPT = "demo-case"
"""The folder of the cache that the demo's case is kept in."""

_DIGEST = "digest"
_INPUT = "input"
_ACTUALS = "actuals.json"
_LIMITS = "limits.json"
_SCORING = "scoring.json"


@dataclass(frozen=True)
class TrialCase:
    """A case's input directory, its limits, how it is scored, and its runs' actuals."""

    input_dir: Path
    limits: Limits
    scoring: ScoringPolicy
    actuals: Mapping[Target, Stat]

    @cached_property
    def targets(self) -> Targets:
        """Return what is to be predicted."""
        asked = Case(self.input_dir)
        return Targets(tuple(asked.targets), tuple(asked.instance_targets))

    @property
    def wanted_files(self) -> tuple[str, ...]:
        """Return the names of the files that a predictor must write."""
        needed = {
            PREDICTIONS: self.targets.stats,
            INSTANCE_PREDICTIONS: self.targets.instance_stats,
        }
        return tuple(name for name, targets in needed.items() if targets)


@contextmanager
def staged_case(
    suite: str,
    root_dir: Path | None,
    private_root: Path | None,
    case_id: str | None,
    progress: Progress = SILENT,
) -> Iterator[TrialCase]:
    """Yield a case of a suite, by default the first, staged as files.

    Args:
        private_root: where the private half of a built suite is, if not beside the public one.

    Raises:
        SuiteError: there is no such suite or case.
    """
    if suite == DEMO_SUITE and root_dir is None and case_id is None:
        kept = kept_by_this_code(KEPT, code_versions())
        if kept is not None:
            yield _demo_case(kept / hashlib.sha256(ARCHIVE.read_bytes()).hexdigest()[:16], progress)
            return
    with scratch_directory() as scratch:
        _stage_chosen(suite, root_dir, private_root, case_id, scratch, progress)
        yield _read(scratch)


def _demo_case(place: Path, progress: Progress) -> TrialCase:
    """Return the demo's case that is kept there; make it if it is not there, or was changed.

    Raises:
        UsageError: it can't be written.
    """
    if not _is_whole(place):
        progress.say(f"making the demo's case, only this once: {place}")
        try:
            with unfinished_directory(place, is_private=True) as unfinished:
                # The audit's warnings about the demo are for organizers.
                _stage_chosen(DEMO_SUITE, None, None, None, unfinished, SILENT)
                (unfinished / _DIGEST).write_text(_files_digest(unfinished))
                put_in_place(unfinished, place)
        except OSError as error:
            raise UsageError(
                f"{place}: the demo's case can't be written ({error.strerror}). Free space, or set "
                "XDG_CACHE_HOME to a directory elsewhere."
            ) from error
    return _read(place)


def _is_whole(place: Path) -> bool:
    try:
        return (place / _DIGEST).read_text() == _files_digest(place)
    except (OSError, UnicodeDecodeError):
        return False


def _files_digest(place: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(place.rglob("*")):
        if path.is_file() and path.name != _DIGEST:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(place)} {content}\n".encode())
    return digest.hexdigest()


def _stage_chosen(
    suite: str,
    root_dir: Path | None,
    private_root: Path | None,
    case_id: str | None,
    into: Path,
    progress: Progress,
) -> None:
    with opened_suite(suite, root_dir, Draw(), progress, private_root) as opened:
        cases = {case.id: case for case in opened.cases}
        case = opened.cases[0] if case_id is None else cases.get(case_id)
        if case is None:
            raise SuiteError(f"{suite} has no case {case_id!r:.80}; it has {', '.join(cases)}.")
        _stage(opened, case, into)


@contextmanager
def staged(suite: Suite, case: SuiteCase) -> Iterator[TrialCase]:
    """Yield a case of an open suite, staged as files."""
    with scratch_directory() as scratch:
        _stage(suite, case, scratch)
        yield _read(scratch)


def _stage(suite: Suite, case: SuiteCase, into: Path) -> None:
    limits = suite.limits.to_json()
    seed = suite.manifest.choices["seed"]
    inputs = suite.inputs(case)
    write_inputs(inputs, stage_inputs(inputs, seed=seed, limits=limits), into / _INPUT)
    actuals = suite.actuals(case).stats
    stats = [[target.run_spec_name, stat.to_json()] for target, stat in actuals.items()]
    (into / _ACTUALS).write_text(json.dumps(stats), encoding="utf-8")
    (into / _LIMITS).write_text(json.dumps(dict(limits)), encoding="utf-8")
    (into / _SCORING).write_text(suite.scoring.model_dump_json(), encoding="utf-8")


def _read(directory: Path) -> TrialCase:
    stats = [
        (run_name, Stat.from_json(stat))
        for run_name, stat in json.loads((directory / _ACTUALS).read_bytes())
    ]
    return TrialCase(
        input_dir=directory / _INPUT,
        limits=Limits(**json.loads((directory / _LIMITS).read_bytes())),
        scoring=ScoringPolicy.model_validate_json((directory / _SCORING).read_bytes()),
        actuals={Target(run_name, stat.name): stat for run_name, stat in stats},
    )
