from pathlib import Path

import polars as pl
import pytest

from runner.helm_outputs.common_types import join, plain_cells
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.json_text import JSON
from runner.helm_outputs.runs import find_runs
from tests.helm_builder import files_of_2022, request_state, run_files, write_run
from tests.unit.helm_outputs.builder import write_two

STATES = "scenario_state.request_states."


@pytest.mark.parametrize("older_first", [True, False])
def test_runs_of_2022_and_of_today_stand_in_one_frame(tmp_path: Path, older_first: bool) -> None:
    documents = [files_of_2022("a:x=1"), run_files("b:x=1", request_states=[request_state("id1")])]
    first, second = documents if older_first else documents[::-1]
    both = join(write_two(tmp_path, first, second))
    order = 1 if older_first else -1
    assert both[f"{STATES}instance.input"].to_list() == ["Which?", None][::order]
    assert both[f"{STATES}instance.input.text"].to_list() == [None, "Which?"][::order]
    references = plain_cells(both[f"{STATES}instance.references"])
    outputs = [[reference["output"] for reference in cell] for cell in references]
    assert outputs == [["yes", "no"], [{"text": "yes"}, {"text": "no"}]][::order]


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (1, 0.5, pl.Float64()),
        (1, "all", JSON),
        (0.5, "all", JSON),
        (True, "all", JSON),
        (True, 1, JSON),
        (["a"], "all", JSON),
        (["a"], 3, JSON),
        (["a"], [3], pl.List(JSON)),
        ([], ["a"], pl.List(pl.String)),
        (None, ["a"], pl.List(pl.String)),
        (["a", 1], ["b"], JSON),
        ([{"a": 1}], [{"b": "x"}], JSON),
        ([{"a": {"b": 1}}], [{"a": None}], JSON),
        ([{"a": 1}, None], ["x"], JSON),
        ([[1]], [["x"], None], JSON),
        ("\ud83d", "x", JSON),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_free_form_values_of_two_runs_are_what_they_were_in_one_column(
    tmp_path: Path, one: object, other: object, joined: pl.DataType, turned: bool
) -> None:
    values = [other, one] if turned else [one, other]
    for name, value in zip(("a:x=1", "b:x=1"), values, strict=True):
        documents = run_files(name)
        documents["run_spec.json"]["scenario_spec"]["args"] = {"subset": value}
        write_run(tmp_path, name, documents)
    both = join([read_run(run).run_specs for run in find_runs(tmp_path)])
    column = both["run_spec.scenario_spec.args.subset"]
    assert column.dtype == joined
    assert plain_cells(column) == values


def test_objects_and_texts_of_free_form_args_are_columns_of_their_own(tmp_path: Path) -> None:
    for name, value in (("a:x=1", {"of": "x"}), ("b:x=1", "x")):
        documents = run_files(name)
        documents["run_spec.json"]["scenario_spec"]["args"] = {"subset": value}
        write_run(tmp_path, name, documents)
    both = join([read_run(run).run_specs for run in find_runs(tmp_path)])
    assert both["run_spec.scenario_spec.args.subset.of"].to_list() == ["x", None]
    assert both["run_spec.scenario_spec.args.subset"].to_list() == [None, "x"]
