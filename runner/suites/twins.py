"""Twins: runs of two deployments that answer the same instances alike, found by their content."""

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.helm_outputs.common_types import plain_cells, plain_rows
from runner.suites.groups import RunIdentity
from runner.suites.items import hash_text, reference_text

STATES = "scenario_state.request_states."
OUTPUT_MAPPING = f"{STATES}output_mapping."
COMPLETIONS = f"{STATES}result.completions"
MOST_INSTANCES = 256
"""Requests of a run that are compared; those with the lowest hashes, so that runs share them."""

RUNS_AT_ONCE = 256

SCHEMA = {
    "deployment": pl.String,
    "request": pl.UInt64,
    "completion": pl.UInt64,
    "wrong": pl.Boolean,
}
"""Of a run's answers."""

SAME_SHARE = 0.8
"""Twins answer at least this share of their common requests alike."""

FEWEST_WRONG = 8
"""Requests that one of the two gets wrong, without which nothing is said of a pair."""

CHANCE, CHANCE_OF_TWO, CHANCE_OF_COPIES = 0.25, 0.4, 0.7
"""Of the requests that one of two gets wrong, pairs that are no twins answer at most this
share alike.

The first without the common answers that other deployments tell of, the second where there are
too few deployments for that, the third with the common answers. On five deployments of Llama 3 on
MMLU (villageFlower/test_helm), those of the 70b chat model have 0.34, with the common ones 0.49.
"""

FEWEST_OTHERS = 2
"""So many other deployments with one wrong answer, and over half of them, make it a common one."""

LEVEL = 0.001
"""Twins answer so many of these alike that other pairs would with at most this probability."""


@dataclass(frozen=True)
class Twins:
    """Two deployments that answer alike.

    Attributes:
        deployments: their names, sorted.
        shared: how many requests both were given.
        same_share: the share of these with the same completion.
        wrong: how many of these at least one of the two got wrong.
        same_wrong: how many of the wrong ones have the same completion.
        common: how many of these most others answer so too: the reference may be what is wrong.
    """

    deployments: tuple[str, str]
    shared: int
    same_share: float
    wrong: int
    same_wrong: int
    common: int = 0

    def __str__(self) -> str:
        """Return why they are twins."""
        one, other = self.deployments
        return (
            f"{one} and {other} answer {self.same_share:.0%} of {self.shared} common requests "
            f"alike, and {self.same_wrong} of the {self.wrong} that one gets wrong ({self.common} "
            "as most others do)"
        )


def fingerprint_run(identity: RunIdentity, scenario_states: pl.DataFrame) -> pl.DataFrame:
    """Return what a run answered, in few bytes.

    Returns:
        (requests, deployment, request, completion, wrong): ``request`` and ``completion`` are
        hashes; a request is an instance, its perturbation, its trial and its reference.
    """
    rows = [_fingerprint(identity, *answered) for answered in _answered(scenario_states)]
    answers = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return answers.sort("request").head(MOST_INSTANCES)


def _answered(states: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the completion of each request that has one, and what else is compared of it."""
    parts = ("instance.", "output_mapping.", "train_trial_index", "reference")
    wanted = tuple(STATES + part for part in parts)
    if not {STATE_INSTANCE_ID, COMPLETIONS} <= set(states.columns):
        return
    rows = plain_rows(states[[name for name in states.columns if name.startswith(wanted)]])
    for text, row in zip(_first_texts(states[COMPLETIONS]), rows, strict=True):
        # Requests without a completion are no answers: two models that gave none are not alike.
        if text is not None:
            yield text, row


def _first_texts(completions: pl.Series) -> list[str | None]:
    """Return the text of each first completion, without reading their many tokens."""
    dtype = completions.dtype
    item = dtype.inner if isinstance(dtype, pl.List) else dtype
    if isinstance(item, pl.Struct) and item.to_schema().get("text") == pl.String:
        texts: list[str | None] = completions.list.first().struct.field("text").to_list()
        return texts
    found = [(cell or [{}])[0].get("text") for cell in plain_cells(completions)]
    return [text if isinstance(text, str) else None for text in found]


def _fingerprint(
    identity: RunIdentity, completion: str, row: Mapping[str, Any]
) -> tuple[str, int, int, bool]:
    perturbation = {
        name: value for name, value in row.items() if ".perturbation." in name and value is not None
    }
    place = [row[STATE_INSTANCE_ID], perturbation]
    place += [row.get(f"{STATES}{name}") for name in ("train_trial_index", "reference_index")]
    text = completion.strip()
    answer = str(row.get(f"{OUTPUT_MAPPING}{text}") or text).strip()
    references = row.get(f"{STATES}instance.references") or []
    gold = {
        reference_text(reference).strip()
        for reference in references
        if "correct" in (reference.get("tags") or ())
    }
    request = json.dumps([identity.scenario, *place], sort_keys=True, default=str)
    return (
        identity.model_deployment,
        hash_text(request),
        hash_text(text.lower()),
        answer not in gold,
    )


def find_twins(fingerprints: Iterable[pl.DataFrame]) -> list[Twins]:
    """Return the pairs of deployments that answer alike."""
    answers = pl.DataFrame(schema=SCHEMA)
    fingerprints = iter(fingerprints)
    while some := list(itertools.islice(fingerprints, RUNS_AT_ONCE)):
        answers = pl.concat([answers, *some]).unique(["deployment", "request"], keep="first")
    answers = answers.with_columns(
        given=pl.len().over("request").cast(pl.Int64),
        alike=pl.len().over("request", "completion").cast(pl.Int64),
    )
    deployments = answers["deployment"].n_unique()
    pairs = (
        answers.join(answers, on="request", suffix="_other")
        .filter(pl.col("deployment") < pl.col("deployment_other"))
        .with_columns(
            same=pl.col("completion") == pl.col("completion_other"),
            wrong=pl.col("wrong") | pl.col("wrong_other"),
        )
        .with_columns(same_wrong=pl.col("same") & pl.col("wrong"))
        .group_by("deployment", "deployment_other")
        .agg(
            pl.len(),
            pl.col("same").mean(),
            pl.col("wrong").sum(),
            pl.col("same_wrong").sum(),
            common=(pl.col("same_wrong") & _is_common()).sum(),
        )
        .sort("deployment", "deployment_other")
    )
    found = [Twins((one, other), *figures) for one, other, *figures in pairs.iter_rows()]
    chance = CHANCE if deployments - 2 >= FEWEST_OTHERS else CHANCE_OF_TWO
    return [pair for pair in found if _are_twins(pair, chance)]


def _is_common() -> pl.Expr:
    """Return whether most of the deployments but a pair, at least two, answer as the pair does."""
    others, alike = pl.col("given") - 2, pl.col("alike") - 2
    return (alike >= FEWEST_OTHERS) & (alike * 2 > others)


def _are_twins(pair: Twins, chance: float) -> bool:
    if pair.same_share < SAME_SHARE:
        return False
    own_wrong, own_same = pair.wrong - pair.common, pair.same_wrong - pair.common
    return is_more_than(chance, own_same, own_wrong) or is_more_than(
        CHANCE_OF_COPIES, pair.same_wrong, pair.wrong
    )


def is_more_than(chance: float, same: int, wrong: int) -> bool:
    """Return whether so many of the wrong ones are the same that this is no chance."""
    if wrong < FEWEST_WRONG or same <= wrong * chance:
        return False
    # As scipy's binom.sf, for which a build would wait a second longer.
    odds = math.log(chance / (1 - chance))
    term = math.lgamma(wrong + 1) - math.lgamma(same + 1) - math.lgamma(wrong - same + 1)
    term += same * math.log(chance) + (wrong - same) * math.log(1 - chance)
    probability = 0.0
    for count in range(same, wrong + 1):  # above the mean, each term is smaller than the last
        probability += math.exp(term)
        term += odds + math.log((wrong - count) / (count + 1)) if count < wrong else 0
    return probability <= LEVEL


def twin_groups(runs: Mapping[str, RunIdentity], twins: Sequence[Twins]) -> list[list[str]]:
    """Return the groups of runs of one scenario whose deployments serve one model or are twins."""
    groups: list[list[str]] = []
    by_model: dict[tuple[str, str], list[str]] = {}
    by_deployment: dict[tuple[str, str], list[str]] = {}
    for name, identity in runs.items():
        by_model.setdefault((identity.scenario, identity.model), []).append(name)
        by_deployment.setdefault((identity.scenario, identity.model_deployment), []).append(name)
    groups += [
        names
        for names in by_model.values()
        if len({runs[name].model_deployment for name in names}) > 1
    ]
    for scenario in dict.fromkeys(identity.scenario for identity in runs.values()):
        for pair in twins:
            sides = [by_deployment.get((scenario, name), []) for name in pair.deployments]
            if all(sides):
                groups.append([name for side in sides for name in side])
    return groups
