"""The straight line: per case, stage inputs -> run sandboxed -> read predictions -> score."""

import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TypeVar, cast

import docker

from runner.contract.stat import InstanceTarget, Target
from runner.errors import EngineError
from runner.finished_cases import CaseKey, FinishedCases
from runner.repetitions import JudgedCase, RunAgain, with_repetitions
from runner.report import (
    CaseRecord,
    Evaluation,
    ImageRecord,
    Report,
    SuiteRecord,
    target_record,
    with_scores,
)
from runner.sandbox.engine import engine_version
from runner.sandbox.image import Image, image_warnings
from runner.sandbox.limits import Limits
from runner.sandbox.outcome import Outcome
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.resources import forecast
from runner.sandbox.run import SandboxRun
from runner.sandbox.sandbox import Preparation, Sandbox, open_sandbox
from runner.staging import stage_inputs
from runner.suites.suite import Actuals, Case, Suite
from runner.variants import Variant, rename_actuals
from runner.verdict import Verdict, judge

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


def evaluate(
    client: docker.DockerClient,
    image: Image,
    suite: Suite,
    terms: Terms,
    finished: FinishedCases,
    announce: Callable[[str], None],
) -> Evaluation:
    """Run one image on every case of a suite and score what it predicted.

    Each case is kept in ``finished`` as soon as its container is gone, and taken from there when
    the same evaluation is started again.

    Args:
        announce: called with one line of progress at a time.

    Raises:
        EngineError: the engine failed; nothing is known of the predictor. What has finished is
            kept, no report is written.
    """
    version_of_engine = engine_version(client)
    for warning in image_warnings(image):
        announce(f"warning: {image.reference}: {warning}")
    with open_sandbox(client, announce) as sandbox:
        if terms.policy.runtime or terms.policy.gpus:
            sandbox.try_policy(terms.policy)
        runs = _CaseRuns(sandbox, image, suite, terms, finished, announce)
        first = list(runs.judged())
        again = _run_again(runs, first)
    files: dict[str, bytes] = {}
    for judged in first:
        files |= _case_files(judged.case, judged.run)
    report = with_scores(
        Report(
            runner_version=version("runner"),
            engine_version=version_of_engine,
            host=sandbox.findings,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=terms.seed,
            runtime=terms.policy.runtime,
            gpus=terms.policy.gpus,
            suite=SuiteRecord(
                name=suite.name,
                version=suite.manifest.version,
                digest=suite.digest,
                choices=suite.manifest.choices,
            ),
            image=ImageRecord(reference=image.reference, id=image.id, digests=image.digests),
            eval_run_specs=suite.eval_run_specs(),
            cases=tuple(_case_records(suite, first, terms.policy.limits)),
            scoring=suite.scoring,
        )
    )
    return Evaluation(with_repetitions(report, first, again), files)


def _run_again(runs: "_CaseRuns", first: Sequence[JudgedCase]) -> dict[Variant, RunAgain]:
    """Return the variants' runs; none if there is nothing to compare them with."""
    if any(judged.verdict.outcome is not Outcome.SCORED for judged in first):
        return {}
    again = {}
    for variant in runs.terms.variants:
        judged = list(replace(runs, variant=variant).judged())
        # The probe's targets have other names, so that they make no records.
        limits = runs.terms.policy.limits
        records = [] if variant.renames else _case_records(runs.suite, judged, limits)
        again[variant] = RunAgain(judged, records)
    return again


@dataclass(frozen=True)
class _CaseRuns:
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


def _case_records(suite: Suite, cases: Sequence[JudgedCase], limits: Limits) -> list[CaseRecord]:
    return [
        _case_record(
            judged.case,
            judged.run,
            judged.verdict,
            judged.targets,
            suite.baselines(judged.case, judged.targets),
            limits,
        )
        for judged in cases
    ]


def _case_record(
    case: Case,
    run: SandboxRun,
    verdict: Verdict,
    actuals: Actuals,
    baselines: Mapping[Target | InstanceTarget, float | None],
    limits: Limits,
) -> CaseRecord:
    predicted = verdict.predictions.stats
    instance_predicted = verdict.instance_predictions.stats
    return CaseRecord(
        id=case.id,
        train_runs=tuple(run.name for run in case.train_runs),
        eval_runs=tuple(run.name for run in case.eval_runs),
        outcome=verdict.outcome,
        cause=verdict.cause,
        message=verdict.message,
        exit_code=run.end.exit_code,
        wall_seconds=run.end.wall_seconds,
        limits=limits.to_json(),
        targets=tuple(
            target_record(target, stat, predicted.get(target), baselines[target])
            for target, stat in actuals.stats.items()
        ),
        instance_targets=tuple(
            target_record(target, stat, instance_predicted.get(target), baselines[target])
            for target, stat in actuals.instance_stats.items()
        ),
        extra_predictions=(*verdict.predictions.extra, *verdict.instance_predictions.extra),
        output_files={
            name: hashlib.sha256(content).hexdigest() for name, content in run.output.files.items()
        },
        log_file=_log_file(case),
        resources=run.resources,
        forecast=tuple(forecast(run.resources, limits)),
        sandbox=run.attestation,
    )


def _case_files(case: Case, run: SandboxRun) -> dict[str, bytes]:
    """Return the predictions exactly as the container wrote them, and its log."""
    outputs = {f"{case.id}/{name}": content for name, content in run.output.files.items()}
    return {_log_file(case): run.log, **outputs}


def _log_file(case: Case) -> str:
    return f"{case.id}/container.log"
