"""A cheater: takes all that a case shows, and works out as many items of the eval runs as it can.

It sees what a container sees. Only two things it is told besides: which items the eval runs have,
so that the share of them can be stated, and the actuals, so that it can be judged.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.audit.gold import Told, find_gold
from runner.audit.revealed_items import RevealedItem, read_revealed, value_rows
from runner.audit.train_side import SCORES, TrainRun, own_columns, read_scores, read_train_run
from runner.contract import layout
from runner.suites.eval_run import EvalRun
from runner.suites.items import ITEM_KEY, describe_items
from runner.suites.manifest import RunRecord
from runner.suites.parts import read_part
from runner.suites.public_suite import SuiteCase
from runner.suites.spec import Revealed
from runner.suites.staged_files import TRAIN_FILES
from runner.suites.suite import Suite

KNOWN = {"run": pl.Int64, **SCORES}

SAME_ANSWER = ("deployment", "prompt", "metric")
"""Items with these in common have one value: the deployment was asked the same."""


@dataclass(frozen=True)
class Undone:
    """Gold that the spec hides, of one eval run, and what tells it.

    Attributes:
        run: the eval run's name.
        told: its items whose gold is found.
        revealed: how many of its items are revealed with completions.
    """

    run: str
    told: tuple[Told, ...]
    revealed: int


@dataclass(frozen=True)
class Loot:
    """What the cheater has found in a case.

    Attributes:
        items: all items of the eval runs, with what ``train_side.OWN`` says of the runs.
        known: (run, item, metric, value, is_own): the items' values that it knows. ``value`` is
            null where it does not know the metric's formula; ``is_own`` is whether the run's own
            revealed data are enough.
        train: the case's train runs.
        undone: where hidden gold was found.
    """

    items: pl.DataFrame
    known: pl.DataFrame
    train: tuple[TrainRun, ...]
    undone: tuple[Undone, ...]


class Cheater:
    """Reads each run of a suite once, for all cases."""

    def __init__(self, suite: Suite) -> None:
        choices = suite.manifest.choices
        revealed = Revealed.model_validate(choices["revealed"])
        self._suite = suite
        self._metrics = sorted(
            {each["stat"] for each in (*choices["targets"], *choices["instance_targets"])}
        )
        self._shows_scores = revealed.scores
        self._hides_gold = not (revealed.gold and revealed.references)
        self._train: dict[int, TrainRun] = {}
        self._revealed: dict[int, tuple[list[RevealedItem], pl.DataFrame]] = {}

    def examine(self, case: SuiteCase) -> Loot:
        """Return what can be found in a case."""
        train = tuple(self._train_run(run) for run in case.train_runs)
        items = pl.concat([own_columns(run, self._suite.items(run)) for run in case.eval_runs])
        known, undone = self._own_values(case, train)
        return Loot(items, _pool(items, known, train), train, tuple(undone))

    def _train_run(self, run: RunRecord) -> TrainRun:
        if run.number not in self._train:
            parts = {file.path: self._suite.part(run, file.path) for file in TRAIN_FILES}
            self._train[run.number] = read_train_run(
                run, parts, self._metrics, with_gold=self._hides_gold
            )
        return self._train[run.number]

    def _own_values(
        self, case: SuiteCase, train: Sequence[TrainRun]
    ) -> tuple[pl.DataFrame, list[Undone]]:
        """Return what the eval runs' revealed items are worth, and where hidden gold was found."""
        rows: list[tuple[Any, ...]] = []
        undone = []
        tagged = pl.concat([run.items for run in train]) if self._hides_gold else pl.DataFrame()
        for run in case.eval_runs:
            items, shown = self._revealed_items(run)
            if self._hides_gold:
                found = find_gold(items, shown, tagged)
                answered = {item.place for item in items if item.has_completions}
                told = tuple(each for each in found if each.item.place in answered)
                if told:
                    undone.append(Undone(run.name, told, len(answered)))
                by_place = {each.item.place: each.item for each in told}
                items = [by_place.get(item.place, item) for item in items]
            rows += self._shown_scores(run)
            rows += value_rows(run.number, items, self._metrics)
        return pl.DataFrame(rows, schema=KNOWN, orient="row"), undone

    def _shown_scores(self, run: EvalRun) -> list[tuple[Any, ...]]:
        """Return the run, item's key, metric and value of each score that is revealed."""
        if not self._shows_scores:
            return []
        entries = read_part(self._suite.part(run, layout.EVAL_PER_INSTANCE_STATS))
        return [(run.number, *row) for row in read_scores(entries, self._metrics).rows()]

    def _revealed_items(self, run: EvalRun) -> tuple[list[RevealedItem], pl.DataFrame]:
        if run.reveal not in self._revealed:
            states = read_part(self._suite.part(run, layout.EVAL_SCENARIO_STATES))
            shown = own_columns(run, describe_items(states))
            self._revealed[run.reveal] = read_revealed(states), shown
        return self._revealed[run.reveal]


def _pool(items: pl.DataFrame, own: pl.DataFrame, train: Sequence[TrainRun]) -> pl.DataFrame:
    """Return the known values, also those that runs of the same deployment tell of each other."""
    keys = items.select("run", *ITEM_KEY, "deployment", "prompt")
    revealed = own.join(keys, on=["run", *ITEM_KEY])
    deployments = items["deployment"].unique().to_list()
    scores = [run.scores.filter(pl.col("deployment").is_in(deployments)) for run in train]
    answers = _agreeing([each.select(*SAME_ANSWER, "value") for each in (*scores, revealed)])
    metrics = answers.select("metric").unique()
    pooled = keys.join(metrics, how="cross").join(answers, on=SAME_ANSWER).select(KNOWN.keys())
    both = pl.concat([own.with_columns(is_own=True), pooled.with_columns(is_own=False)])
    return both.unique(["run", *ITEM_KEY, "metric"], keep="first", maintain_order=True)


def _agreeing(answers: Collection[pl.DataFrame]) -> pl.DataFrame:
    """Return one value for each answer; none where a deployment answers the same differently."""
    return (
        pl.concat(answers)
        .drop_nulls(["prompt"])
        .group_by(SAME_ANSWER, maintain_order=True)
        .agg(
            pl.col("value").drop_nulls().first(), pl.col("value").drop_nulls().n_unique().alias("n")
        )
        .filter(pl.col("n") <= 1)
        .drop("n")
    )
