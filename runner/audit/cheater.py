"""A cheater: takes all that a case shows, and works out as many items of the eval runs as it can.

It sees what a container sees. Only two things it is told besides: which items the eval runs have,
so that the share of them can be stated, and the actuals, so that it can be judged.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import polars as pl

from runner.audit.gold import Told, TrainGold
from runner.audit.loot import Loot, Undone
from runner.audit.revealed_items import SCORES, RevealedItem, read_revealed, value_rows
from runner.audit.train_side import TrainSide, read_items, read_scores, read_train_runs
from runner.contract import layout
from runner.suites.eval_run import EvalRun
from runner.suites.items import ITEM_KEY, describe_items
from runner.suites.manifest import RunRecord
from runner.suites.parts import read_part
from runner.suites.public_suite import SuiteCase
from runner.suites.revealed import Revealed
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_run_items

SAME_ANSWER = ("deployment", "prompt", "metric")
"""Items with these in common have one value: the deployment was asked the same."""


class Cheater:
    """Reads each train run of a suite once, for all cases."""

    def __init__(self, suite: Suite) -> None:
        choices = suite.manifest.choices
        revealed = Revealed.model_validate(choices["revealed"])
        self._suite = suite
        of_instances = {each["stat"] for each in choices["instance_targets"]}
        self._metrics = sorted(of_instances.union(each["stat"] for each in choices["targets"]))
        self._shows_scores = revealed.scores
        self._hides_gold = not (revealed.gold and revealed.references)
        trains = {run.number: run for case in suite.cases for run in case.train_runs}
        self._train = read_train_runs(
            list(trains.values()),
            self._read,
            self._metrics,
            of_instances,
            with_gold=self._hides_gold,
        )

    def _read(self, run: RunRecord, path: str) -> pl.DataFrame:
        return read_part(self._suite.part(run, path))

    def examine(self, case: SuiteCase) -> Loot:
        """Return what can be found in a case."""
        train = self._train.of(case.train_runs)
        items = read_items(case.eval_runs, partial(read_run_items, self._suite))
        known, undone = self._own_values(case, train)
        return Loot(
            numbers={run.name: run.number for run in case.eval_runs},
            items=items,
            known=_pool(items, known, train.scores),
            train=train,
            undone=tuple(undone),
        )

    def _own_values(self, case: SuiteCase, train: TrainSide) -> tuple[pl.DataFrame, list[Undone]]:
        """Return what the eval runs' revealed items are worth, and where hidden gold was found."""
        rows: list[tuple[Any, ...]] = []
        undone = []
        gold = TrainGold(train.tagged) if self._hides_gold else None
        for run in case.eval_runs:
            items = read_revealed(self._read(run, layout.EVAL_SCENARIO_STATES))
            if gold is not None:
                told = self._find_gold(run, items, gold)
                if told:
                    answered = sum(item.has_completions for item in items)
                    undone.append(Undone(run.name, told, answered))
                by_place = {each.item.place: each.item for each in told}
                items = [by_place.get(item.place, item) for item in items]
            rows += self._shown_scores(run)
            rows += value_rows(run.number, items, self._metrics)
        return pl.DataFrame(rows, schema=SCORES, orient="row"), undone

    def _shown_scores(self, run: EvalRun) -> list[tuple[Any, ...]]:
        """Return the rows, SCORES, of the scores that are revealed."""
        if not self._shows_scores:
            return []
        entries = self._read(run, layout.EVAL_PER_INSTANCE_STATS)
        return read_scores(run, entries, self._metrics).rows()

    def _find_gold(
        self, run: EvalRun, items: Sequence[RevealedItem], gold: TrainGold
    ) -> tuple[Told, ...]:
        """Return the answered items of a run whose gold is found."""
        shown = read_items(
            [run], lambda _: describe_items(self._read(run, layout.EVAL_SCENARIO_STATES))
        )
        found = gold.find(items, shown)
        return tuple(each for each in found if each.item.has_completions)


def _pool(items: pl.DataFrame, own: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Return the known values, also those that runs of the same deployment tell of each other."""
    keys = items.select("run", *ITEM_KEY, "deployment", "prompt")
    revealed = own.join(keys, on=["run", *ITEM_KEY])
    asked = keys.select("deployment", "prompt").unique()
    scores = scores.join(asked, on=["deployment", "prompt"], how="semi")
    answers = _agreeing([each.select(*SAME_ANSWER, "value") for each in (scores, revealed)])
    metrics = answers.select("metric").unique()
    pooled = keys.join(metrics, how="cross").join(answers, on=SAME_ANSWER).select(SCORES.keys())
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
