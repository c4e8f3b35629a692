"""An evaluation of passes that are over: its further passes compared with the first."""

from collections.abc import Sequence

from runner.evaluation.executor import Executor
from runner.evaluation.input_changes import InputChange
from runner.evaluation.judgements import Judgements
from runner.evaluation.passes import Pass
from runner.evaluation.records import case_records, make_evaluation
from runner.evaluation.repetitions import RunAgain
from runner.evaluation.verdict import JudgedCase
from runner.reports.report import Evaluation


def compare_passes(
    one: Pass,
    judged: Sequence[JudgedCase],
    further: Sequence[Pass],
    judgements: Judgements,
    executor: Executor,
) -> Evaluation:
    """Return the evaluation of a first pass, judged, and its further passes, if there are any."""
    return make_evaluation(one, judged, _run_again(further, judgements), executor)


def _run_again(further: Sequence[Pass], judgements: Judgements) -> dict[InputChange, RunAgain]:
    again = {}
    for one in further:
        judged = list(one.judged(judgements))
        # The probe's targets have other names, so that they make no records.
        limits = one.settings.policy.limits
        records = [] if one.input_change.renames else case_records(one.suite, judged, limits)
        again[one.input_change] = RunAgain(judged, records)
    return again
