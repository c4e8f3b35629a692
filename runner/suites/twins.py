"""Twins: runs of two deployments that answer the same instances alike, found by their content."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from runner.helm_outputs import STATE_INSTANCE_ID, plain_cells, plain_rows
from runner.suites.groups import RunIdentity

STATES = "scenario_state.request_states."
OUTPUT_MAPPING = f"{STATES}output_mapping."
COMPLETIONS = f"{STATES}result.completions"
MOST_INSTANCES = 256
"""Requests of a run that are compared; those with the lowest hashes, so that runs share them."""

FEWEST_SHARED = 20
"""Requests that two deployments must share before they are compared at all."""

RUNS_AT_ONCE = 256

SCHEMA = {
    "deployment": pl.String,
    "request": pl.UInt64,
    "completion": pl.UInt64,
    "wrong": pl.Boolean,
}
"""Of a run's answers."""

SAME_SHARE = 0.8
SAME_WRONG_SHARE = 0.45
"""Two deployments are twins if they answer this share of their common requests alike, and this
share of those that one of them gets wrong. Good models agree on what is right; only copies agree on
mistakes. On five deployments of Llama 3 on MMLU (villageFlower/test_helm), the two of the 70b chat
model have 0.82 and 0.49, every other pair at most 0.60 and 0.37."""


@dataclass(frozen=True)
class Twins:
    """Two deployments that answer alike.

    Attributes:
        deployments: their names, sorted.
        shared: how many requests both were given.
        same_share: the share of these with the same completion.
        same_wrong_share: the same of those requests that at least one of the two got wrong.
    """

    deployments: tuple[str, str]
    shared: int
    same_share: float
    same_wrong_share: float


def fingerprint_run(identity: RunIdentity, scenario_states: pl.DataFrame) -> pl.DataFrame:
    """Return what a run answered, in few bytes.

    Returns:
        (requests, deployment, request, completion, wrong): ``request`` and ``completion`` are
        hashes; a request is an instance, its perturbation, its trial and its reference.
    """
    rows = [_fingerprint(identity, row) for row in plain_rows(_answered(scenario_states))]
    answers = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return answers.sort("request").head(MOST_INSTANCES)


def _answered(states: pl.DataFrame) -> pl.DataFrame:
    parts = ("instance.", "output_mapping.", "train_trial_index", "reference")
    wanted = tuple(STATES + part for part in parts)
    if STATE_INSTANCE_ID not in states.columns:
        return pl.DataFrame()
    answered = states.select(name for name in states.columns if name.startswith(wanted))
    if COMPLETIONS not in states.columns:
        return answered
    return answered.with_columns(_first_texts(states[COMPLETIONS]).alias(COMPLETIONS))


def _first_texts(completions: pl.Series) -> pl.Series:
    """Return the text of each first completion, without reading their many tokens."""
    dtype = completions.dtype
    item = dtype.inner if isinstance(dtype, pl.List) else dtype
    if isinstance(item, pl.Struct) and item.to_schema().get("text") == pl.String:
        return completions.list.first().struct.field("text")
    texts = [(cell or [{}])[0].get("text") for cell in plain_cells(completions)]
    return pl.Series([text if isinstance(text, str) else None for text in texts], dtype=pl.String)


def _fingerprint(identity: RunIdentity, row: Mapping[str, Any]) -> tuple[str, int, int, bool]:
    perturbation = {
        name: value for name, value in row.items() if ".perturbation." in name and value is not None
    }
    place = [row[STATE_INSTANCE_ID], perturbation]
    place += [row.get(f"{STATES}{name}") for name in ("train_trial_index", "reference_index")]
    text = (row.get(COMPLETIONS) or "").strip()
    answer = str(row.get(f"{OUTPUT_MAPPING}{text}") or text).strip()
    references = row.get(f"{STATES}instance.references") or []
    gold = {
        _text(reference["output"]).strip()
        for reference in references
        if "correct" in (reference.get("tags") or ())
    }
    request = json.dumps([identity.scenario, *place], sort_keys=True, default=str)
    return identity.model_deployment, _hash(request), _hash(text.lower()), answer not in gold


def _text(output: Mapping[str, Any] | str) -> str:
    """Return the text of a reference's output, which HELM of 2022 wrote as plain text."""
    return output if isinstance(output, str) else str(output["text"])


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def find_twins(fingerprints: Iterable[pl.DataFrame]) -> list[Twins]:
    """Return the pairs of deployments that answer alike."""
    answers = pl.DataFrame(schema=SCHEMA)
    fingerprints = iter(fingerprints)
    while some := list(itertools.islice(fingerprints, RUNS_AT_ONCE)):
        answers = pl.concat([answers, *some]).unique(["deployment", "request"], keep="first")
    pairs = (
        answers.join(answers, on="request", suffix="_other")
        .filter(pl.col("deployment") < pl.col("deployment_other"))
        .with_columns(
            same=pl.col("completion") == pl.col("completion_other"),
            wrong=pl.col("wrong") | pl.col("wrong_other"),
        )
        .group_by("deployment", "deployment_other")
        .agg(
            shared=pl.len(),
            same_share=pl.col("same").mean(),
            same_wrong_share=pl.col("same").filter("wrong").mean().fill_null(1.0),
        )
        .filter(
            pl.col("shared") >= FEWEST_SHARED,
            pl.col("same_share") >= SAME_SHARE,
            pl.col("same_wrong_share") >= SAME_WRONG_SHARE,
        )
        .sort("deployment", "deployment_other")
    )
    return [Twins((one, other), *figures) for one, other, *figures in pairs.iter_rows()]


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
