"""Checks of an image that was run on a public suite, in words for its author. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from runner.contract.layout import CONTRACT_VERSION
from runner.contract.limits import MIB, Limits
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.evaluation.verdict import Verdict
from runner.output.findings import message_lines
from runner.reports.fact_sheet import FACT_SHEET, FACTS_LABEL, label_fault
from runner.reports.hints import describe_extra, find_percent, reasons
from runner.sandbox.outcome import Outcome

LARGEST_DIFFERENCE = 1e-6
"""Means that differ by less count as equal: sums in another order differ by that much."""

Key = Target | InstanceTarget
_K = TypeVar("_K", Target, InstanceTarget)


@dataclass(frozen=True)
class Result:
    """The result of one check.

    Attributes:
        check: its name.
        passed: None if it is only information, not a condition.
        text: what was found.
        advice: what to do, line by line.
    """

    check: str
    passed: bool | None
    text: str
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """One run of the image: the size of its input, and what it used.

    Attributes:
        input_bytes: size of the case's frames, as stored in the suite.
        peak_memory_bytes: None if it was not measured.
    """

    input_bytes: int
    wall_seconds: float
    peak_memory_bytes: int | None


def check_label(labels: Mapping[str, str], label: str) -> Result:
    """Check that the image's label names this version of the contract."""
    found = labels.get(label)
    if found is None:
        text = "the image does not say for which version of the contract it was built"
        return Result("contract version", None, text, ("`runner build` labels it.",))
    if found != str(CONTRACT_VERSION):
        text = f"built for version {found!r:.20}, this runner has {CONTRACT_VERSION}"
        return Result("contract version", False, text, ("Build it again with this runner.",))
    return Result("contract version", True, f"version {CONTRACT_VERSION}")


def check_facts(labels: Mapping[str, str]) -> list[Result]:
    """Say what is wrong with the image's fact sheet, which is no condition."""
    fault = label_fault(labels)
    if fault is None:
        return []
    advice = (f"Write {FACT_SHEET} and let `runner build` make the label {FACTS_LABEL}.",)
    return [Result("fact sheet", None, f"not shown: {fault}", advice)]


def predicted_stats(verdict: Verdict) -> dict[Key, Stat]:
    """Return the stats of runs and of instances, by target."""
    return {
        **with_any_key(verdict.predictions.stats),
        **with_any_key(verdict.instance_predictions.stats),
    }


def with_any_key(stats: Mapping[_K, Stat]) -> dict[Key, Stat]:
    """Return the same stats as a dict that may hold both kinds of keys."""
    return dict(stats.items())


def check_outcome(verdict: Verdict, log: bytes = b"") -> list[Result]:
    """Check that the run ended well; return all findings of its output, or why it failed.

    What is predicted beyond the targets is noted.

    Args:
        log: what the predictor printed.
    """
    if verdict.outcome is Outcome.SCORED:
        stats = predicted_stats(verdict)
        extra = (*verdict.predictions.extra, *verdict.instance_predictions.extra)
        return [
            Result("output", True, f"all {len(stats)} targets are predicted"),
            *([Result("extra", None, describe_extra(extra))] if extra else []),
        ]
    cause = f" ({verdict.cause})" if verdict.cause else ""
    text, *findings = message_lines(verdict.message or "")
    printed = log.decode(errors="replace").splitlines()
    why = reasons(verdict.outcome, verdict.cause, verdict.message, printed)
    return [Result("output", False, f"{verdict.outcome}{cause}: {text}", (*findings, *why))]


def check_scale(
    predicted: Mapping[Key, Stat], known: Mapping[Key, float | None], what: str
) -> list[Result]:
    """Return a note if shares seem to be predicted in percent, else nothing.

    Args:
        known: a mean of each target to compare with, in the stat's unit; None if there is none.
        what: what these means are, e.g. ``train means``.
    """
    means = [
        (key.name.name, predicted[key].mean, mean)
        for key, mean in known.items()
        if key in predicted
    ]
    said = find_percent(means, what)
    return [] if said is None else [Result("scale", None, said)]


def check_determinism(first: Mapping[Key, Stat], second: Mapping[Key, Stat]) -> Result:
    """Check that two runs on the same inputs and seed predicted the same."""
    text, same = _compare(first, second)
    advice = () if same else ("Seed every generator with the manifest's seed.",)
    return Result("determinism", same, f"two runs: {text}", advice)


def check_parity(expected: Mapping[Key, Stat], found: Mapping[Key, Stat]) -> Result:
    """Check that the predictions are those that the image itself says to expect."""
    text, same = _compare(expected, found)
    advice = () if same else ("The image's packages or files differ from the author's.",)
    return Result("parity", same, f"with the image's expected output: {text}", advice)


def _compare(one: Mapping[Key, Stat], other: Mapping[Key, Stat]) -> tuple[str, bool]:
    if one.keys() != other.keys():
        return (
            f"{len(one.keys() ^ other.keys())} targets are predicted by only one of the two",
            False,
        )
    differences = {key: abs(_mean(one[key]) - _mean(other[key])) for key in one}
    different = [key for key, size in differences.items() if size > LARGEST_DIFFERENCE]
    if not different:
        return f"the same {len(one)} means", True
    worst = max(different, key=lambda key: differences[key])
    what = f"{len(different)} of {len(one)} means differ"
    return f"{what}, the most by {differences[worst]:.4g}: {worst.name}", False


def _mean(stat: Stat) -> float:
    return 0.0 if stat.mean is None else stat.mean


def forecast(
    measured: Sequence[Measurement], case_bytes: Iterable[int], limits: Limits, suite: str
) -> Result:
    """Forecast what the image will use on a suite: a straight line through two measurements.

    Args:
        measured: two runs, on cases of different size.
        case_bytes: the sizes of the suite's cases.
    """
    sizes = sorted(case_bytes)
    times = [(run.input_bytes, run.wall_seconds) for run in measured]
    seconds = [_on_line(size, times) for size in sizes]
    text = (
        f"{suite}: {len(sizes)} cases, about {max(seconds):.0f} s of {limits.wall_seconds:g} s for "
        f"the largest, {sum(seconds):.0f} s for all"
    )
    too_much = ["time"] if max(seconds) > limits.wall_seconds else []
    memory = [(run.input_bytes, run.peak_memory_bytes) for run in measured if run.peak_memory_bytes]
    if len(memory) == len(measured):
        most = max(_on_line(size, memory) for size in sizes)
        text += f", {most / MIB:.0f} of {limits.memory_bytes // MIB} MiB"
        too_much += ["memory"] if most > limits.memory_bytes else []
    advice = (f"It may run out of {' and '.join(too_much)}.",) if too_much else ()
    return Result("forecast", not too_much, text, advice)


def _on_line(size: int, points: Sequence[tuple[int, float]]) -> float:
    """Return the value at a size on a line through two points; the line never falls."""
    (near_size, near), (far_size, far) = min(points), max(points)
    slope = (far - near) / (far_size - near_size) if far_size > near_size else 0.0
    return near + max(0.0, slope) * max(0, size - near_size)
