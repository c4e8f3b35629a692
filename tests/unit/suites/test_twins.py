from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.audit.audit import audit_suite
from runner.errors import SuiteError
from runner.suites.groups import RunIdentity
from runner.suites.twins import find_twins, fingerprint_run
from tests.helm_builder import Json, request_state, run_files, write_run
from tests.suite_builder import build

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


def test_deployments_that_share_mistakes_are_twins_and_good_models_are_not() -> None:
    """24 requests; one and two share 22 answers and 2 of the 4 that one gets wrong.

    Three shares 20 right answers with them, but none of the mistakes.
    """
    models = {
        "one": [*["A"] * 20, "B", "B", "B", "B"],
        "two": [*["A"] * 20, "B", "B", "C", "C"],
        "three": [*["A"] * 20, "D", "D", "D", "D"],
    }
    prints = []
    for model, completions in models.items():
        identity = RunIdentity("quiz", model, model)
        rows = [request_state(f"id{n}", text) for n, text in enumerate(completions)]
        prints.append(fingerprint_run(identity, states_frame(rows)))
    (twins,) = find_twins(prints)
    assert (twins.deployments, twins.shared, twins.same_wrong_share) == (("one", "two"), 24, 0.5)
    assert twins.same_share == pytest.approx(22 / 24)


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
    accepted = build(source, tmp_path / "suite", **fields, accept=["twins"])
    assert len(accepted.cases) == 4
    assert [leak.kind for leak in audit_suite(accepted).leaks] == ["twins", "twins"]
