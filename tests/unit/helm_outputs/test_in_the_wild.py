"""What HELM's outputs have been seen to hold: read correctly, or refused by name."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from runner.errors import SuiteError
from runner.helm_outputs import (
    RUN_FILES,
    common_schema,
    conform,
    find_partial_runs,
    find_runs,
    read_run,
    read_scenario_states,
)
from tests.helm_builder import (
    Json,
    files_of_2022,
    request_state,
    run_files,
    stat,
    write_run,
    write_suite,
)

STATES = "scenario_state.request_states."


def join(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    schema = common_schema(frame.schema for frame in frames)
    return pl.concat([conform(frame, schema) for frame in frames])


def write_two(root: Path, first: Json, second: Json) -> list[pl.DataFrame]:
    """Write two runs and return their scenario states."""
    for name, documents in (("a:x=1", first), ("b:x=1", second)):
        write_run(root, name, documents)
    return [read_run(run).scenario_states for run in find_runs(root)]


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("mmlu:subject=a,model=org/m", "mmlu:subject=a,model=org_m"),
        ("mmlu:subject=a,model=m", "mmlu_subject=a,model=m"),
        ("boolq,data_augmentation=canonical:model=m", "boolq,data_augmentation=canonical:model=m"),
        ("civil comments:demographic=all,category=None", "any folder at all"),
    ],
)
def test_a_directory_may_be_named_in_any_way(tmp_path: Path, name: str, directory: str) -> None:
    write_run(tmp_path, directory, run_files(name))
    run = find_runs(tmp_path)[0]
    assert (run.path.name, run.name) == (directory, name)
    assert read_run(run).stats["run_spec.name"].unique().to_list() == [name]


@pytest.mark.parametrize("file_name", RUN_FILES[1:])
def test_a_partial_run_is_used_for_what_it_has_with_a_warning(
    tmp_path: Path, file_name: str
) -> None:
    suite = write_suite(tmp_path, runs=2)
    lacking = find_runs(suite)[1].path
    (lacking / file_name).unlink()
    found = find_partial_runs(suite)
    assert found.warnings == (f"{lacking}: has no {file_name}; the run is used for what it has",)
    assert file_name not in found.runs[1].files
    frames = read_run(found.runs[1])
    heights = {
        "scenario_state.json": frames.scenario_states.height,
        "stats.json": frames.stats.height,
        "per_instance_stats.json": frames.per_instance_stats.height,
    }
    assert [name for name, height in heights.items() if not height] == [file_name]
    assert frames.run_specs.height == 1


def test_complete_runs_have_no_warning(tmp_path: Path) -> None:
    found = find_partial_runs(write_suite(tmp_path, runs=2))
    assert found.warnings == ()
    assert [run.files for run in found.runs] == [RUN_FILES] * 2


def test_a_folder_with_stats_but_no_run_spec_is_refused_by_name(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (find_runs(suite)[0].path / "run_spec.json").unlink()
    with pytest.raises(SuiteError, match=r"subject=0.*run_spec\.json: no such file"):
        find_runs(suite)


def test_a_folder_with_stats_but_no_run_spec_is_left_out_with_a_warning(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    nameless = find_runs(suite)[0].path
    (nameless / "run_spec.json").unlink()
    found = find_partial_runs(suite)
    assert [run.name for run in found.runs] == ["demo:subject=1,model=demo/model"]
    assert len(found.warnings) == 1
    assert f"{nameless}: left out, as it has no run_spec.json" in found.warnings[0]


def test_folders_of_summaries_are_no_runs(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite / "groups").mkdir()
    (suite / "groups" / "core_scenarios.json").write_text("[]")
    (suite / "runs.json").write_text("[]")
    assert len(find_runs(suite)) == 2
    assert find_partial_runs(suite).warnings == ()


def test_a_source_in_which_no_run_has_a_name_is_refused(tmp_path: Path) -> None:
    (write_run(tmp_path, "a:x=1") / "run_spec.json").unlink()
    with pytest.raises(SuiteError, match=r"no run there has a run_spec\.json"):
        find_partial_runs(tmp_path)


@pytest.mark.parametrize("file_name", RUN_FILES)
def test_a_compressed_file_is_refused_by_name(tmp_path: Path, file_name: str) -> None:
    path = write_run(tmp_path, "a:x=1") / file_name
    path.with_name(f"{file_name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    for find in (find_runs, find_partial_runs):
        with pytest.raises(SuiteError, match=rf"{file_name}\.gz: compressed files are not read"):
            find(tmp_path)


def test_a_compressed_copy_beside_the_file_is_left_alone(tmp_path: Path) -> None:
    path = write_run(tmp_path, "a:x=1") / "stats.json"
    path.with_name("stats.json.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert len(find_runs(tmp_path)) == 1


def test_a_glob_that_matches_a_suite_and_the_link_latest_finds_its_runs_once(
    tmp_path: Path,
) -> None:
    suite = write_suite(tmp_path, runs=2)
    (suite.parent / "latest").symlink_to(suite)
    assert len(find_runs(f"{suite.parent}/*")) == 2
    assert len(find_runs(suite.parent / "latest")) == 2


def test_several_entries_of_one_instance_and_trial_all_count(tmp_path: Path) -> None:
    entries = [
        {"instance_id": "id1", "train_trial_index": 0, "stats": [stat("exact_match", 1.0)]},
        {"instance_id": "id1", "train_trial_index": 0, "stats": [stat("inference_runtime", 0.5)]},
    ]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", per_instance_stats=entries))
    frame = read_run(find_runs(tmp_path)[0]).per_instance_stats
    assert frame["per_instance_stats.instance_id"].to_list() == ["id1", "id1"]
    assert frame["per_instance_stats.stats.mean"].to_list() == [1.0, 0.5]


def test_a_failed_request_is_a_row_with_its_error(tmp_path: Path) -> None:
    failed = request_state("id2", completion="")
    failed["result"] |= {
        "success": False,
        "error": "rate limit",
        "error_flags": {"is_retriable": True, "is_fatal": False},
    }
    states = [request_state("id1"), failed]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", request_states=states))
    frame = read_run(find_runs(tmp_path)[0]).scenario_states
    assert frame[f"{STATES}result.success"].to_list() == [True, False]
    assert frame[f"{STATES}result.error"].to_list() == [None, "rate limit"]
    assert frame[f"{STATES}result.error_flags.is_fatal"].to_list() == [None, False]


def test_optional_keys_are_columns_where_they_are(tmp_path: Path) -> None:
    state = request_state("id1")
    state["result"]["completions"][0] |= {"finish_reason": {"reason": "stop"}}
    state["result"]["thinking"] = {"text": "So."}
    state["annotations"] = {"judge": {"score": 3}}
    state |= {"reference_index": 1, "request_mode": "original"}
    state["instance"] |= {"extra_data": {"a": [1]}, "contrast_inputs": [{"text": "Or?"}]}
    first, second = write_two(
        tmp_path, run_files("a:x=1", request_states=[state]), run_files("b:x=1")
    )
    assert first[f"{STATES}annotations.judge.score"].to_list() == [3]
    assert first[f"{STATES}result.thinking.text"].to_list() == ["So."]
    assert first[f"{STATES}instance.contrast_inputs"].to_list() == [[{"text": "Or?"}]]
    completion = first[f"{STATES}result.completions"][0][0]
    assert completion["finish_reason"] == {"reason": "stop"}
    assert f"{STATES}reference_index" not in second.columns
    assert join([first, second])[f"{STATES}reference_index"].to_list() == [
        1,
        None,
        None,
        None,
        None,
    ]


def test_a_run_of_2022_is_read_as_it_is(tmp_path: Path) -> None:
    write_run(tmp_path, "a:x=1", files_of_2022("a:x=1"))
    frame = read_run(find_runs(tmp_path)[0]).scenario_states
    assert frame[f"{STATES}instance.input"].to_list() == ["Which?"]
    references = frame[f"{STATES}instance.references"].to_list()
    assert references[0][0] == {"output": "yes", "tags": ["correct"]}
    assert "run_spec.adapter_spec.model_deployment" not in frame.columns


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


def test_an_id_that_is_a_number_is_found_again(tmp_path: Path) -> None:
    states = [request_state("id1"), request_state("id2")]
    for number, state in enumerate(states):
        state["instance"]["id"] = number
    write_run(tmp_path, "a:x=1", run_files("a:x=1", request_states=states))
    run = find_runs(tmp_path)[0]
    ids = read_run(run).scenario_states[f"{STATES}instance.id"].to_list()
    assert read_scenario_states(run, ids[:1]).height == 1


def test_a_file_that_helm_was_writing_when_it_was_stopped_is_named(tmp_path: Path) -> None:
    path = write_run(tmp_path, "a:x=1") / "per_instance_stats.json"
    text = json.dumps(json.loads(path.read_text()), indent=2)
    for end in (0, 1, len(text) // 2, len(text) - 1):
        path.write_text(text[:end])
        with pytest.raises(SuiteError, match=r"per_instance_stats\.json: not what HELM writes"):
            read_run(find_runs(tmp_path)[0])
