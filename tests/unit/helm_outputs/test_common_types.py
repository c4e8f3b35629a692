from pathlib import Path

import pytest

from runner.helm_outputs import find_runs, read_run
from tests.helm_builder import files_of_2022, request_state, run_files, write_run
from tests.unit.helm_outputs.builder import join, write_two

STATES = "scenario_state.request_states."


@pytest.mark.parametrize("older_first", [True, False])
def test_runs_of_2022_and_of_today_stand_in_one_frame(tmp_path: Path, older_first: bool) -> None:
    documents = [files_of_2022("a:x=1"), run_files("b:x=1", request_states=[request_state("id1")])]
    first, second = documents if older_first else documents[::-1]
    both = join(write_two(tmp_path, first, second))
    order = 1 if older_first else -1
    assert both[f"{STATES}instance.input"].to_list() == ["Which?", None][::order]
    assert both[f"{STATES}instance.input.text"].to_list() == [None, "Which?"][::order]
    references = both[f"{STATES}instance.references"].to_list()
    today = [
        {"output": {"text": "yes"}, "tags": ["correct"]},
        {"output": {"text": "no"}, "tags": []},
    ]
    assert references == [today, today]


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        (1, 0.5, [1.0, 0.5]),
        (1, 2**70, [1, 2**70]),
        (1, "all", ["1", "all"]),
        (0.5, "all", ["0.5", "all"]),
        (True, "all", ["true", "all"]),
        (["a"], "all", ['["a"]', "all"]),
        (["a"], 3, ['["a"]', "3"]),
        (["a"], [3], [["a"], ["3"]]),
        ([], ["a"], [[], ["a"]]),
        (None, ["a"], [None, ["a"]]),
        ([{"a": 1}], [{"b": "x"}], [[{"a": 1, "b": None}], [{"a": None, "b": "x"}]]),
        ([{"a": 1}], [{"a": [2]}], [[{"a": "1"}], [{"a": "[2]"}]]),
        ([{"a": {"b": 1}}], [{"a": "x"}], [[{"a": '{"b":1}'}], [{"a": "x"}]]),
        ([{"a": {"text": "t"}}], [{"a": "x"}], [[{"a": '{"text":"t"}'}], [{"a": "x"}]]),
        ([{"a": 1}, None], ["x"], [['{"a":1}', None], ["x"]]),
        ([[1]], [["x"], None], [[["1"]], [["x"], None]]),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_free_form_values_of_two_runs_get_a_type_that_holds_both(
    tmp_path: Path, one: object, other: object, joined: list[object], turned: bool
) -> None:
    values = [other, one] if turned else [one, other]
    for name, value in zip(("a:x=1", "b:x=1"), values, strict=True):
        documents = run_files(name)
        documents["run_spec.json"]["scenario_spec"]["args"] = {"subset": value}
        write_run(tmp_path, name, documents)
    both = join([read_run(run).run_specs for run in find_runs(tmp_path)])
    found = both["run_spec.scenario_spec.args.subset"].to_list()
    assert found == (joined[::-1] if turned else joined)


def test_objects_and_texts_of_free_form_args_are_columns_of_their_own(tmp_path: Path) -> None:
    for name, value in (("a:x=1", {"of": "x"}), ("b:x=1", "x")):
        documents = run_files(name)
        documents["run_spec.json"]["scenario_spec"]["args"] = {"subset": value}
        write_run(tmp_path, name, documents)
    both = join([read_run(run).run_specs for run in find_runs(tmp_path)])
    assert both["run_spec.scenario_spec.args.subset.of"].to_list() == ["x", None]
    assert both["run_spec.scenario_spec.args.subset"].to_list() == [None, "x"]
