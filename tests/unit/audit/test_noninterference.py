from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.building import draws, make_runs
from runner.contract import layout
from runner.errors import SuiteError
from runner.suites import reveal
from tests.helm_builder import Json, request_state, run_files, write_run, write_suite
from tests.suite_builder import allow_column, build_unaudited

STATES = "scenario_state.request_states."


@pytest.mark.parametrize(
    ("revealed", "leaking"),
    [
        ({}, f"{STATES}annotations."),
        ({}, f"{STATES}result.judge_score"),
        ({"prompts": False}, f"{STATES}request."),
        ({"completions": False}, f"{STATES}result.completions"),
        ({"references": False}, f"{STATES}output_mapping."),
    ],
)
def test_a_column_that_depends_on_a_withheld_value_is_found_by_changing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revealed: dict[str, bool], leaking: str
) -> None:
    states = [request_state(f"id{number}") for number in range(4)]
    for state in states:
        state["annotations"] = {"judge": [{"score": 0.75}]}
        state["result"]["judge_score"] = 0.75
    for number in range(4):
        name = f"a:x={number}"
        write_run(tmp_path / "runs", name, run_files(name, request_states=states))
    chosen = {"instances": 2, **revealed}
    build_unaudited(tmp_path / "runs", tmp_path / "clean", revealed=chosen)
    allow_column(monkeypatch, layout.EVAL_SCENARIO_STATES, leaking)
    with pytest.raises(SuiteError, match="changes when only withheld values are changed") as found:
        build_unaudited(tmp_path / "runs", tmp_path / "leaking", revealed=chosen)
    assert leaking in str(found.value)
    assert not (tmp_path / "leaking").exists()


def test_gold_that_is_told_by_the_order_of_references_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = {"instances": 2, "completions": False, "gold": False}
    source = write_suite(tmp_path)
    build_unaudited(source, tmp_path / "clean", revealed=hidden)

    def untagged(references: list[Json]) -> list[Json]:
        return sorted(references, key=lambda reference: not reference["tags"])

    monkeypatch.setattr(reveal, "_untold", untagged)
    with pytest.raises(SuiteError, match=r"instance\.references: it changes when only withheld"):
        build_unaudited(source, tmp_path / "leaking", revealed=hidden)


def test_that_a_run_has_stats_of_instances_is_found_by_leaving_them_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other values in their file would not have told: their number stays the same."""
    source = write_suite(tmp_path)
    build_unaudited(source, tmp_path / "clean")

    def leaking(runs: Any, *others: Any) -> list[reveal.Reveal]:
        reveals = reveal.make_reveals(runs, *others)
        for (_, frames), each in zip(runs, reveals, strict=True):
            states, name = each.scenario_states, f"{STATES}num_train_instances"
            told = [frames.per_instance_stats.height] * states.height
            states.replace_column(states.columns.index(name), pl.Series(name, told))
        return reveals

    for module in (make_runs, draws):
        monkeypatch.setattr(module, "make_reveals", leaking)
    with pytest.raises(SuiteError, match="num_train_instances: it changes when only withheld"):
        build_unaudited(source, tmp_path / "leaking")
