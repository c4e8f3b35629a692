"""The runs of one image on the cases of a suite: made ready ahead, kept when finished, judged."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from runner.cases.finished_cases import CaseKey, FinishedCases
from runner.cases.repetitions import JudgedCase
from runner.cases.variants import Variant, rename_actuals
from runner.errors import EngineError
from runner.output.verdict import Verdict, judge
from runner.sandbox.image import Image
from runner.sandbox.limits import Limits
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.resources import forecast
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import Preparation, Sandbox
from runner.staging import stage_inputs
from runner.suites.suite import Case, Suite

T = TypeVar("T")

ATTEMPTS = 3
"""How often a case is run, at most, when the engine fails."""


@dataclass(frozen=True)
class Terms:
    """What all cases of an evaluation are run under.

    Attributes:
        policy: what the predictor may use, and what the engine runs it with.
        seed: given to the predictor in the manifest.
        rerun: whether cases that have finished before are run again.
        variants: further runs of every case, compared with the first; see ``variants.py``.
    """

    policy: SandboxPolicy
    seed: int
    rerun: bool = False
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True)
class CaseRuns:
    """The runs of one image on a suite's cases, each made ready while the one before runs."""

    sandbox: Sandbox
    image: Image
    suite: Suite
    terms: Terms
    finished: FinishedCases
    announce: Callable[[str], None]
    variant: Variant | None = None

    def in_order(self) -> Iterator[tuple[Case, SandboxRun]]:
        """Yield each case with what its container left: now, or when it was run before."""
        planned = ((case, self._plan(case)) for case in self.suite.cases)
        for case, plan in _one_ahead(planned):
            if isinstance(plan, SandboxRun):
                self.announce(f"{self.progress(case)}: has finished before (--rerun runs it again)")
                yield case, plan
            else:
                wall_seconds = self.terms.policy.limits.wall_seconds
                self.announce(f"{self.progress(case)}: running, at most {wall_seconds:g} s")
                run = self._run(case, plan)
                self.finished.keep(self._key(case), run)
                yield case, run

    def judged(self) -> Iterator[JudgedCase]:
        """Yield each case judged, as soon as its container is gone."""
        limits = self.terms.policy.limits
        for case, run in self.in_order():
            actuals = self.suite.actuals(case)  # not before: the container is gone
            renames = self.variant is not None and self.variant.renames
            targets = rename_actuals(actuals) if renames else actuals
            verdict = judge(run, case, targets, limits, self.suite.scoring)
            self.announce(f"{self.progress(case)}: {describe(run, verdict, limits)}")
            yield JudgedCase(case, run, verdict, targets)

    def progress(self, case: Case) -> str:
        """Return the case's name and number, for a line of progress."""
        number, of = self.suite.cases.index(case) + 1, len(self.suite.cases)
        variant = f", {self.variant.name}" if self.variant else ""
        return f"{self.image.reference} on {self.suite.name}, {case.id} ({number} of {of}){variant}"

    def _plan(self, case: Case) -> SandboxRun | Preparation:
        earlier = None if self.terms.rerun else self.finished.find(self._key(case))
        return self._prepare(case) if earlier is None else earlier

    def _prepare(self, case: Case) -> Preparation:
        return self.sandbox.prepare(self.image, self.terms.policy, partial(self._stage, case))

    def _stage(self, case: Case) -> Mapping[str, bytes]:
        limits = self.terms.policy.limits.to_json()
        staged = stage_inputs(self.suite.inputs(case), seed=self.terms.seed, limits=limits)
        return staged.files if self.variant is None else self.variant.change(staged).files

    def _key(self, case: Case) -> CaseKey:
        policy = self.terms.policy.to_json()
        variant = self.variant.name if self.variant else ""
        return CaseKey(self.image.id, self.suite.digest, case.id, self.terms.seed, policy, variant)

    def _run(self, case: Case, preparation: Preparation) -> SandboxRun:
        """Run a case; after an engine fault, which tells nothing of the predictor, run it again."""
        attempt = 1
        while True:
            try:
                return self.sandbox.run(preparation, case.wanted_files)
            except EngineError as error:
                if was_interrupted(error):
                    raise KeyboardInterrupt from error
                if attempt == ATTEMPTS:
                    raise
                self.announce(f"{error} Trying again ({attempt} of {ATTEMPTS - 1}).")
                time.sleep(attempt)
                attempt += 1
                preparation = self._prepare(case)


def _one_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items, each only when the one after it has been taken too."""
    for held, _ in itertools.pairwise(itertools.chain(items, (None,))):
        yield cast("T", held)


def was_interrupted(error: BaseException | None) -> bool:
    """Return whether the error came up while an interrupt was on its way out."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def describe(run: SandboxRun, verdict: Verdict, limits: Limits) -> str:
    """Return one line of how a case ended, and of any limit that it came near."""
    line = f"{verdict.outcome} after {run.end.wall_seconds:.1f} s"
    return "; ".join([line, *forecast(run.resources, limits)])
