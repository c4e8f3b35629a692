"""Why a predictor failed, in words for its author: what happened, where, and what to do.

A hint is drawn from what the predictor printed, so it may quote the inputs, and a predictor can
forge it. It decides nothing, and is shown to those alone who may read the log. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runner.output.findings import Cause
from runner.reports.hint_rules import NO_VARIABLE, RULES
from runner.reports.last_words import last_words
from runner.reports.tracebacks import take_tracebacks
from runner.sandbox.outcome import Outcome
from runner.untrusted import printable

MOST_HINTS = 3
SEARCHED_LINES = 400
LONGEST_QUOTE = 200
"""Characters."""

CLEARLY_ABOVE_1 = 2.0
"""A mean from here on can't be a share that is only slightly wrong."""

ADVICE: Mapping[Outcome, str] = {
    Outcome.FAILED: "The log shows what it printed. `runner try DIR --here` lets you use a "
    "debugger.",
    Outcome.TIMED_OUT: "The suite sets the time limit and the number of CPUs. Do less work, or "
    "fewer steps.",
    Outcome.OUT_OF_MEMORY: "Files in /tmp, /output and /dev/shm count too. Read fewer columns.",
    Outcome.OUTPUT_LIMIT: "Only predictions.json and instance_predictions.json are read; write "
    "less.",
    Outcome.INVALID_OUTPUT: "docs/contract.md describes the form of the output.",
}
"""What to do when nothing more is known."""

_CERTAIN = (Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.OUTPUT_LIMIT)
"""Outcomes that name the fault themselves, whatever the log says."""

_OUTPUT_ADVICE: Mapping[str, str] = {
    Cause.NO_OUTPUT: "Let predict() return its predictions. A program of another kind writes this "
    "file itself: see docs/contract.md.",
    Cause.TOO_LARGE: "Predict every target once, and nothing else.",
    Cause.NOT_UTF8: "Write the file as UTF-8.",
    Cause.NOT_JSON: "Write it with a library for JSON, in Python with json.dump.",
    Cause.DUPLICATE_KEY: "Put all stats of a run into one list.",
    Cause.BAD_NUMBER: "Write finite numbers; decide what to predict where there is no data.",
    Cause.WRONG_VERSION: "Build the image again with this runner.",
    Cause.MISSING_TARGET: "Every target must be predicted: in Python, return target.predicted(mean)"
    " for each of self.case.targets; eval/targets.parquet has their keys.",
    Cause.DOUBLED_TARGET: "Predict every target once.",
}
"""What to do about an output, by the cause of its first finding."""


@dataclass(frozen=True)
class Hint:
    """One reason.

    Attributes:
        what: what happened, as the log has it; printable. None if the case's message says it.
        where: the file and the line in the author's code, if known.
        do: what to do about it; None if only the author can know.
    """

    what: str | None
    where: str | None
    do: str | None

    def __str__(self) -> str:
        """Return one printable line."""
        said = ": ".join(part for part in (self.where, self.what) if part)
        return " -> ".join(part for part in (said, self.do) if part)


def find_hints(lines: Iterable[str], message: str | None = None) -> list[Hint]:
    """Return the most telling reasons that the end of a log has, the exception's first.

    Args:
        message: how the case ended, in the runner's words, which may quote the engine.
    """
    tracebacks, rest = take_tracebacks(list(lines)[-SEARCHED_LINES:])
    raised = [each for each in tracebacks if each.kind is not None]
    searched = [*rest, *map(str, raised), *([] if message is None else [message])]
    last, where = (str(raised[-1]), raised[-1].own_place()) if raised else (None, None)
    hints: dict[str, Hint] = {}
    for pattern, advise in RULES:
        match = next(
            (found for line in reversed(searched) if (found := pattern.search(line))), None
        )
        if match is not None:
            place = where if match.string == last else None
            what = None if match.string == message else _quote(match.string)
            hints.setdefault(match.string, Hint(what, place, advise(match)))
    if last is not None and raised[-1].is_of_a_variable:
        hints[last] = Hint(_quote(last), where, NO_VARIABLE)
    if last is not None:
        first = hints.pop(last, Hint(_quote(last), where, None))
        return [first, *hints.values()][:MOST_HINTS]
    return list(hints.values())[:MOST_HINTS]


def reasons(
    outcome: Outcome, cause: str | None, message: str | None, log: Sequence[str]
) -> list[str]:
    """Return why a case was not scored and what to do, line by line, for its author.

    Args:
        cause: of an invalid output.
        message: how the case ended, in the runner's words; it is shown already.
        log: the lines that the predictor printed.
    """
    if outcome is Outcome.INVALID_OUTPUT and cause != Cause.NO_OUTPUT:
        return [_OUTPUT_ADVICE.get(cause or "", ADVICE[outcome])]
    hints = [str(hint) for hint in find_hints(log, message)]
    if outcome is Outcome.FAILED and not hints:
        last = last_words(log)
        return [*([] if last is None else [f"It printed last: {last}"]), ADVICE[outcome]]
    if outcome in _CERTAIN or not hints:
        hints.append(_OUTPUT_ADVICE.get(cause or "", ADVICE[outcome]))
    return hints


def _quote(line: str) -> str:
    cut = line.strip()
    cut = cut if len(cut) <= LONGEST_QUOTE else f"{cut[:LONGEST_QUOTE]}..."
    return printable(cut)


def describe_extra(extra: Sequence[str]) -> str:
    """Return what to say of predicted stats that are no targets."""
    are = "stat is no target and is" if len(extra) == 1 else "stats are no targets and are"
    return f"{len(extra)} predicted {are} ignored, e.g. {extra[0]}"


def find_percent(means: Sequence[tuple[str, float | None, float | None]], known: str) -> str | None:
    """Return what to say if shares seem to be predicted in percent, else None.

    Args:
        means: for each target its stat's name, the predicted mean, and the known one, if any.
        known: what the known means are, e.g. ``train means``.
    """
    pairs = [(name, guess, mean) for name, guess, mean in means if mean is not None]
    no_shares = {name for name, _, mean in pairs if not 0 <= mean <= 1}
    wrong = [
        (name, guess, mean)
        for name, guess, mean in pairs
        if name not in no_shares and guess is not None and guess >= CLEARLY_ABOVE_1
    ]
    if not wrong:
        return None
    name, guess, mean = wrong[0]
    return (
        f"{len(wrong)} targets are predicted far above 1, where {known} lie between 0 and 1, e.g. "
        f"{guess:g} for {name}, not {mean:.3g}. If it is meant in percent: divide by 100."
    )
