from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from runner.errors import SuiteError
from runner.suites.groups import RunIdentity
from runner.suites.twins import LEVEL, find_twins, fingerprint_run, is_more_than
from tests.helm_builder import Json, request_state, run_files, write_run
from tests.suite_builder import audit_build, build

STATES = "scenario_state.request_states."


def write_models(
    root: Path, answers: dict[str, list[str]], scenario: str = "quiz", **more: str
) -> Path:
    """Write a run of one scenario for each model, with its completions, of which "A" is right."""
    for model, completions in answers.items():
        states = [request_state(f"id{n:02}", text) for n, text in enumerate(completions)]
        name = f"{scenario}:model={model}"
        files = run_files(name, request_states=states)
        files["run_spec.json"]["scenario_spec"]["args"] = {"of": scenario}
        files["run_spec.json"]["adapter_spec"] |= {"model": model, **more}
        write_run(root, name, files)
    return root


RIGHT, WRONG = ["A"] * 24, ["B", "C", "D"] * 8


def answers_of(right: int, wrong: list[str]) -> list[str]:
    return RIGHT[:right] + wrong[: 24 - right]


def find(models: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return which models are twins by their completions, of which "A" is right."""
    prints = []
    for model, completions in models.items():
        identity = RunIdentity("quiz", model, model)
        rows = [request_state(f"id{n}", text) for n, text in enumerate(completions)]
        prints.append(fingerprint_run(identity, states_frame(rows)))
    return [pair.deployments for pair in find_twins(prints)]


def test_models_that_answered_nothing_are_not_alike() -> None:
    rows = [request_state(f"id{n}") for n in range(24)]
    for row in rows:
        row["result"]["completions"] = []
    prints = [
        fingerprint_run(RunIdentity("quiz", model, model), states_frame(rows)) for model in "ab"
    ]
    assert [answers.height for answers in prints] == [0, 0]
    assert find_twins(prints) == []


def test_deployments_that_share_mistakes_are_twins_with_few_requests_too() -> None:
    copies = [*["A"] * 11, *["B", "C", "D", "B"] * 2]
    other = [*["A"] * 11, *["C", "D", "B", "C"] * 2]
    assert find({"one": copies, "two": copies, "three": other}) == [("one", "two")]


def test_strong_models_that_share_mislabelled_requests_are_no_twins() -> None:
    """Each gives five mislabelled requests the same answer, and two others one of its own."""
    models = {}
    for model in range(6):
        completions = [*["B"] * 5, *["A"] * 95]
        completions[10 + 2 * model : 12 + 2 * model] = ["C", "D"]
        models[f"model {model}"] = completions
    assert find(models) == []


def test_of_two_deployments_some_shared_mistakes_are_no_proof() -> None:
    one = [*["B"] * 5, "C", "D", *["A"] * 93]
    other = [*["B"] * 5, "A", "A", "C", "D", *["A"] * 91]
    assert find({"one": one, "two": other}) == []


def test_of_copies_alone_each_pair_is_twins() -> None:
    copies = [*["A"] * 30, *["B", "C", "D"] * 8]
    assert len(find({f"copy {number}": copies for number in range(5)})) == 10


def test_deployments_that_make_hardly_a_mistake_are_not_told_to_be_twins() -> None:
    copies = [*["A"] * 50, *["B"] * 7]
    assert find({"one": copies, "two": copies}) == []


def states_frame(rows: list[Json]) -> pl.DataFrame:
    flat = []
    for row in rows:
        instance, result = row["instance"], row["result"]
        flat.append(
            {
                f"{STATES}instance.id": instance["id"],
                f"{STATES}instance.references": instance["references"],
                f"{STATES}output_mapping.A": "yes",
                f"{STATES}output_mapping.B": "no",
                f"{STATES}result.completions": result["completions"],
            }
        )
    return pl.DataFrame(flat)


def twin_models(root: Path) -> Path:
    models = {
        "one": answers_of(12, ["B"] * 12),
        "two": answers_of(12, ["B"] * 12),
        "three": answers_of(12, WRONG[::-1]),
        "four": answers_of(6, WRONG),
    }
    return write_models(root, models)


def test_twins_are_kept_on_one_side_of_every_case_and_named(tmp_path: Path) -> None:
    division = {"method": "leave_one_out", "by": "model"}
    fields = {"division": division, "keep_together": ["twins"], "accept": []}
    suite = build(twin_models(tmp_path / "runs"), tmp_path / "suite", **fields)
    assert len(suite.cases) == 3
    sides = [{run.model for run in case.eval_runs} for case in suite.cases]
    assert {"one", "two"} in sides
    (group,) = suite.manifest.groups
    assert group.kind == "twins"


def test_twins_on_two_sides_are_refused_unless_the_spec_accepts_them(tmp_path: Path) -> None:
    division = {"method": "leave_one_out", "by": "model"}
    source = twin_models(tmp_path / "runs")
    fields: dict[str, Any] = {"division": division, "keep_together": []}
    with pytest.raises(SuiteError, match="one and two answer 100%") as refused:
        build(source, tmp_path / "suite", **fields, accept=[])
    assert "2 leaks" in str(refused.value)
    assert "accept: [twins]" in str(refused.value)
    accepted = audit_build(source, tmp_path / "suite", **fields, accept=["twins"])
    assert len(accepted.derivability) == 4
    assert [leak.kind for leak in accepted.leaks] == ["twins", "twins"]


@pytest.mark.parametrize(("wrong", "chance", "step"), [(8, 0.25, 1), (50, 0.7, 1), (5000, 0.4, 7)])
def test_the_level_is_that_of_the_binomial_distribution(
    wrong: int, chance: float, step: int
) -> None:
    counts = np.arange(0, wrong + 1, step)
    expected = binom.sf(counts - 1, wrong, chance) <= LEVEL
    for same, is_more in zip(counts.tolist(), expected.tolist(), strict=True):
        assert is_more_than(chance, same, wrong) is is_more
