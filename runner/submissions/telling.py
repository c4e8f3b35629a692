"""What is told of a score, after all that the submitter was told before."""

from collections.abc import Sequence

from runner.submissions.entries import Attempt, CountedSubmission
from runner.submissions.ladder import Best, PublicScore, find_step, publish, round_up
from runner.submissions.quota import find_best
from runner.submissions.rules import Rules


def tell_score(
    rules: Rules,
    attempts: Sequence[Attempt],
    order: Sequence[str],
    submission: CountedSubmission,
    score: PublicScore,
    baseline: PublicScore,
    largest_loss: float,
) -> float:
    """Return what the rules let be told of a submission's score.

    Args:
        order: the IDs of the attempts that were scored before, in that order.
        baseline: of the train mean, which a submitter's first score is compared with.
        largest_loss: of a target.
    """
    step = find_step(rules, baseline, largest_loss)
    first = Best(baseline, round_up(baseline.value, step))
    return publish(rules, step, find_best(attempts, submission, order, first), score)
