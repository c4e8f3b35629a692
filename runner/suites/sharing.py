"""Whether the cases of a suite share runs, so that one case could pass another what it sees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.errors import SuiteError
from runner.suites.groups import merge_overlapping
from runner.suites.manifest import RunRecord
from runner.suites.public_suite import DescribedSuite, SuiteCase


def advice(suite: DescribedSuite) -> str:
    """Return what makes the cases of a suite share no runs."""
    if all(case.replicate == 1 for case in suite.cases):
        return "divide it with `division: {method: holdout}`"
    if suite.manifest.choices["division"]["method"] == "holdout":
        return "leave out `replicates` of its division, each of which draws the runs again"
    return "divide it with `division: {method: holdout}`, without `replicates`"


@dataclass(frozen=True)
class Shared:
    """A run whose actuals, or whose sibling's, another case shows or helps to tell.

    Attributes:
        sibling: the run in the other case: the run itself, or one of its sweep or twins.
        trains: whether the sibling is a train run there; if not, it is evaluated there too.
    """

    run: str
    case: str
    sibling: str
    other: str
    trains: bool

    def __str__(self) -> str:
        what = "a train run" if self.trains else "an eval run"
        same = "" if self.sibling == self.run else f"{self.sibling}, of one group with it, "
        return f"{self.run} is an eval run of {self.case}, and {same}{what} of {self.other}"


@dataclass(frozen=True)
class Nested:
    """Two cases that differ only in which instances of their eval runs they reveal."""

    case: str
    other: str

    def __str__(self) -> str:
        return f"{self.case} and {self.other} reveal other instances of the same eval runs"


def find_nested(suite: DescribedSuite) -> Nested | None:
    """Return the first two cases with the same runs on each side; None if there are none.

    Neither shows an actual of the other. But who has what both reveal has more than either gives.
    """
    first: dict[Sides, str] = {}
    for case in suite.cases:
        earlier = first.setdefault(_sides(case), case.id)
        if earlier != case.id:
            return Nested(earlier, case.id)
    return None


Sides = tuple[tuple[int, ...], tuple[int, ...]]


def _sides(case: SuiteCase) -> Sides:
    """Return the numbers of the runs on each side."""
    train, evaluated = (
        tuple(run.number for run in runs) for runs in (case.train_runs, case.eval_runs)
    )
    return train, evaluated


def find_shared(suite: DescribedSuite) -> Shared | None:
    """Return the first eval run that another case trains on or evaluates too; None: disjoint.

    Cases that ``find_nested`` finds count as one.

    Runs that were kept together, sweeps and twins, count as one: each tells of the others. An eval
    run of two cases is shared even if its instances are hidden: its score can be told twice.
    """
    names = {run.number: run.name for run in suite.manifest.runs}
    groups = [[names[number] for number in group.runs] for group in suite.manifest.groups]
    group_of = {
        name: min(group)
        for group in merge_overlapping(
            [*groups, *([name] for name in names.values())], list(names.values())
        )
        for name in group
    }
    cases = {_sides(case): case for case in reversed(suite.cases)}.values()
    others = [
        (case.id, _find_by_run_and_group(runs, group_of), is_train)
        for case in reversed(cases)
        for runs, is_train in ((case.train_runs, True), (case.eval_runs, False))
    ]
    for case in reversed(cases):
        for run in case.eval_runs:
            for other, found, is_train in others:
                sibling = found.get(run.name) or found.get(group_of[run.name])
                if other != case.id and sibling is not None:
                    return Shared(run.name, case.id, sibling, other, is_train)
    return None


def refuse_shared(suite: DescribedSuite, what: str) -> None:
    """Refuse a suite whose cases share runs, unless its spec accepts that.

    Args:
        what: what this makes possible, as a sentence.

    Raises:
        SuiteError: the suite is shared, and its spec does not accept ``shared``.
    """
    if "shared" in suite.manifest.choices["accept"]:
        return
    shared = find_shared(suite)
    if shared is not None:
        raise SuiteError(
            f"{suite.name}: {shared}. {what} Build a suite whose cases share no runs: "
            f"{advice(suite)}. Or say in the spec that this is intended: accept: [shared]"
        )


def refuse_nested(suite: DescribedSuite) -> None:
    """Refuse to publish a suite whose cases reveal more of the same runs, unless it accepts that.

    Raises:
        SuiteError: the suite has such cases, and its spec does not accept ``shared``.
    """
    nested = find_nested(suite)
    if nested is not None and "shared" not in suite.manifest.choices["accept"]:
        raise SuiteError(
            f"{suite.name}: {nested}. Anyone with the whole public half has all of them in every "
            "case. Publish a suite with one number in revealed.instances, and without replicates "
            "of the same runs. Or say in the spec that this is intended: accept: [shared]"
        )


def _find_by_run_and_group(
    runs: Iterable[RunRecord], group_of: Mapping[str, str]
) -> dict[str, str]:
    """Return a run of each group by the group's first run, and each run by its own name."""
    names = [run.name for run in runs]
    return {group_of[name]: name for name in names} | {name: name for name in names}
