"""Suites and their cases, as objects for notebooks and scripts."""

import io
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd

from runner.api.announcing import Announce, AnnouncedLines, log_line
from runner.api.checked import LocalPlace, Place, checked
from runner.api.tables import html_table
from runner.building.draw import UNSAVED, Draw
from runner.building.named import opened_suite
from runner.contract.frames import read_frame
from runner.contract.stat import InstanceTarget, Target
from runner.errors import SuiteError, UsageError
from runner.suites.public_suite import SuiteCase
from runner.suites.staging import StagedInputs, stage_inputs
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_targets

PARQUET = ".parquet"


class OpenedCase:
    """One division of a suite's runs: what one container sees, and what it must predict."""

    def __init__(self, opened: "OpenedSuite", case: SuiteCase) -> None:
        self._opened, self._case = opened, case

    @property
    def id(self) -> str:
        """The case's id, e.g. ``case-1``."""
        return self._case.id

    @property
    def budget(self) -> int | None:
        """How many instances of each eval run are revealed; None for all."""
        return self._case.budget

    @property
    def replicate(self) -> int:
        """The draw that the case is of, from 1."""
        return self._case.replicate

    @property
    def suite(self) -> "OpenedSuite":
        """The suite that the case belongs to."""
        return self._opened

    @property
    def train_runs(self) -> tuple[str, ...]:
        """The names of the runs that are shown whole."""
        return tuple(run.name for run in self._case.train_runs)

    @property
    def eval_runs(self) -> tuple[str, ...]:
        """The names of the runs whose stats are withheld."""
        return tuple(run.name for run in self._case.eval_runs)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The stats to predict, by their keys; each must be predicted exactly once."""
        return read_targets(self._opened.suite, self._case).stats

    @cached_property
    def instance_targets(self) -> tuple[InstanceTarget, ...]:
        """The per-instance stats to predict; none in most suites."""
        return read_targets(self._opened.suite, self._case).instance_stats

    @cached_property
    def inputs(self) -> Mapping[str, pd.DataFrame]:
        """The frames that a container sees, in memory, as MAGNET flattens HELM's JSON.

        By their path below ``/input`` without ``.parquet``: ``train/run_specs``,
        ``train/scenario_states``, ``train/stats``, ``train/per_instance_stats``,
        ``eval/run_specs``, ``eval/scenario_states``, ``eval/targets``. docs/inputs.md has every
        column. Each call of the property returns the same frames; copy one before you change it.
        """
        return {
            name.removesuffix(PARQUET): read_frame(io.BytesIO(content))
            for name, content in self.stage().files.items()
            if name.endswith(PARQUET)
        }

    @checked
    def stage(self, seed: int | None = None) -> StagedInputs:
        """Return the files that a container sees but for assets, by their path below ``/input``.

        Args:
            seed: given to the predictor; by default the suite's.
        """
        suite = self._opened.suite
        used = suite.manifest.choices["seed"] if seed is None else seed
        return stage_inputs(suite.inputs(self._case), seed=used, limits=suite.limits.to_json())

    def __repr__(self) -> str:
        return (
            f"<OpenedCase {self.id}: {len(self.train_runs)} train, {len(self.eval_runs)} eval runs>"
        )

    def _repr_html_(self) -> str:
        rows = [(name, *frame.shape) for name, frame in self.inputs.items()]
        title = f"{self.id} of {self._opened.name}: {len(self.targets)} targets"
        return html_table(title, ("frame", "rows", "columns"), rows)


class OpenedSuite:
    """A suite whose files have all been checked. Made by ``runner.open_suite``.

    If it is made of HELM runs, it is built in a temporary directory. The directory is removed with
    this object, at the end of its ``with`` block, or by ``close()``.

    It can't be used afterwards.
    """

    def __init__(self, suite: Suite, held: ExitStack) -> None:
        self._suite = suite
        self._close = weakref.finalize(self, held.close)

    @property
    def suite(self) -> Suite:
        """The runner's own object; not part of the stable interface.

        Raises:
            SuiteError: the suite has been closed.
        """
        if not self._close.alive:
            raise SuiteError(
                f"{self._suite.name}: this suite has been closed; open it again, or use it within "
                "its with block."
            )
        return self._suite

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.suite.name

    @property
    def version(self) -> str:
        """The suite's version; ``unsaved`` for HELM runs that are not a built suite."""
        return self.suite.manifest.version

    @property
    def digest(self) -> str:
        """``sha256:...`` of all its files. Evaluations of equal digests can be compared."""
        return self.suite.digest

    @property
    def cases(self) -> tuple[OpenedCase, ...]:
        """The cases, in their order."""
        _ = self.suite  # says so if it is closed
        return self._cases

    @cached_property
    def _cases(self) -> tuple[OpenedCase, ...]:
        return tuple(OpenedCase(self, case) for case in self.suite.cases)

    def close(self) -> None:
        """Remove the temporary directory, if there is one; a built suite on disk stays."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        suite = self._suite
        return f"<OpenedSuite {suite.name} {suite.manifest.version}: {len(suite.cases)} cases>"

    def _repr_html_(self) -> str:
        rows = [
            (case.id, len(case.train_runs), len(case.eval_runs), len(case.targets))
            for case in self.cases
        ]
        columns = ("case", "train runs", "eval runs", "targets")
        return html_table(f"{self.name} {self.version}", columns, rows)


@checked
def open_suite(
    name: Place,
    *,
    root_dir: LocalPlace | None = None,
    private: LocalPlace | None = None,
    train_runs: int | None = None,
    eval_samples: int | None = None,
    seed: int | None = None,
    targets: Sequence[str] = (),
    announce: Announce = log_line,
) -> OpenedSuite:
    """Return a suite, after checking every file of it.

    Args:
        name: a built suite (its path, or its name in ./suites), ``demo``, or HELM runs: a path or
            glob, or with ``root_dir`` the name of one of HELM's own suites.
        root_dir: a benchmark_output directory.
        private: where the private half of a built suite is, if not beside the public one.
        train_runs: for HELM runs: how many are shown whole; 3 by default.
        eval_samples: for HELM runs: how many instances of the eval run are shown; 20 by default.
        seed: for HELM runs: of the random choice of both; 1 by default.
        targets: for HELM runs: the names of the stats to predict; ``exact_match`` by default.
        announce: called with each line of progress.

    Raises:
        SuiteError: there is no such suite, or it can't be used.
        UsageError: one of the options for HELM runs is given, but the suite is a built one.
    """
    draw = Draw(train_runs, eval_samples, seed, tuple(targets))
    with ExitStack() as held:
        suite = held.enter_context(
            opened_suite(str(name), _path(root_dir), draw, AnnouncedLines(announce), _path(private))
        )
        if seed is not None and suite.manifest.version != UNSAVED:
            raise UsageError(f"{name} is a frozen suite: seed can't change it.")
        return OpenedSuite(suite, held.pop_all())


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
