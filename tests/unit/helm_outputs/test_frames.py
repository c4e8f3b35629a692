"""What of HELM's files stands in which frame."""

import json
from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

from runner.errors import SuiteError
from runner.helm_outputs.common_types import join, plain_cells
from runner.helm_outputs.frames import read_run, read_runs, read_scenario_states
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import find_runs
from tests.helm_builder import files_of_2022, request_state, run_files, stat, write_run, write_suite
from tests.unit.helm_outputs.builder import write_two


@pytest.mark.parametrize("text", ["{", "[]", '{"nom": "x"}', '{"name": 3}', '{"name": ""}'])
def test_a_run_spec_without_a_name_is_refused(tmp_path: Path, text: str) -> None:
    directory = write_run(tmp_path, "a:x=1")
    (directory / "run_spec.json").write_text(text)
    with pytest.raises(SuiteError, match=r"run_spec\.json"):
        find_runs(tmp_path)


@pytest.mark.parametrize(
    "file_name", ["scenario_state.json", "stats.json", "per_instance_stats.json"]
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        '[{"name": ',
        "[1, 2]",
        '"text"',
        '[{"other": 1}]',
        '{"other": 1}',
        '{"request_states": 1}',
        '{"request_states": [1]}',
        '{"request_states": [{"instance": 1}]}',
        '[{"stats": 1}]',
        '[{"stats": [1]}]',
        "\x00\xff",
    ],
)
def test_a_file_that_is_not_helms_is_named(tmp_path: Path, file_name: str, text: str) -> None:
    directory = write_run(tmp_path, "a:x=1")
    (directory / file_name).write_text(text)
    with pytest.raises(SuiteError, match=f"{file_name}: not what HELM writes"):
        read_run(find_runs(tmp_path)[0])


def test_a_nan_and_an_infinity_that_python_wrote_are_missing_values(tmp_path: Path) -> None:
    stats = [stat("exact_match", float("nan")), stat("logprob", float("-inf")), stat("a", 0.5)]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", stats=stats))
    assert read_run(find_runs(tmp_path)[0]).stats["stats.mean"].to_list() == [None, None, 0.5]


def test_a_spec_nested_too_deep_to_read_is_refused(tmp_path: Path) -> None:
    directory = write_run(tmp_path, "a:x=1")
    (directory / "run_spec.json").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
    with pytest.raises(SuiteError, match=r"run_spec\.json"):
        find_runs(tmp_path)


def test_the_request_states_of_some_instances_are_as_if_there_were_no_others(
    tmp_path: Path,
) -> None:
    states = [request_state("id1"), {**request_state("id2"), "annotations": {"judge": 1}}]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", request_states=states))
    write_run(tmp_path, "b:x=1", run_files("b:x=1", request_states=states[:1]))
    both, alone = find_runs(tmp_path)
    kept = read_scenario_states([both], [["id1"]])[0]
    whole = read_run(alone).scenario_states
    assert kept.drop("run_spec.name").equals(whole.drop("run_spec.name"))
    assert kept.schema == whole.schema


def test_an_instance_that_is_not_there_is_no_empty_frame(tmp_path: Path) -> None:
    write_run(tmp_path, "a:x=1")
    with pytest.raises(SuiteError, match=r"scenario_state\.json: not what HELM writes"):
        read_scenario_states([find_runs(tmp_path)[0]], [["id1", "absent"]])[0]


def test_nested_objects_become_dotted_columns_and_lists_stay_lists(tmp_path: Path) -> None:
    write_run(tmp_path, "a:x=1")
    frame = read_run(find_runs(tmp_path)[0]).scenario_states
    assert frame["scenario_state.request_states.output_mapping.B"].to_list() == ["no"] * 4
    references = frame["scenario_state.request_states.instance.references"][0].to_list()
    assert references[1] == {"output": {"text": "no"}, "tags": []}
    assert frame["scenario_state.adapter_spec.model"].unique().to_list() == ["demo/model"]


def test_run_spec_keeps_its_order_and_other_frames_are_sorted(tmp_path: Path) -> None:
    write_run(tmp_path, "a:x=1")
    frames = read_run(find_runs(tmp_path)[0])
    assert frames.run_specs.columns[:2] == ["run_spec.name", "run_spec.scenario_spec.class_name"]
    assert frames.stats.columns[0] == "run_spec.name"
    assert frames.stats.columns[1:] == sorted(frames.stats.columns[1:])


def test_a_stat_of_count_zero_has_nulls_for_what_helm_leaves_out(tmp_path: Path) -> None:
    empty = {"name": {"name": "co2"}, "count": 0, "sum": 0, "sum_squared": 0}
    write_run(tmp_path, "a:x=1", run_files("a:x=1", stats=[stat("exact_match", 0.5), empty]))
    stats = read_run(find_runs(tmp_path)[0]).stats
    assert stats["stats.mean"].to_list() == [0.5, None]
    assert stats["stats.name.split"].to_list() == ["test", None]


def test_per_instance_stats_have_one_row_per_stat_of_an_instance(tmp_path: Path) -> None:
    entries = [
        {"instance_id": "id1", "train_trial_index": 0, "stats": [stat("a", 1), stat("b", 0)]},
        {"instance_id": "id1", "train_trial_index": 0, "stats": []},
        {"instance_id": "id2", "train_trial_index": 0, "stats": [stat("a", 0.5)]},
    ]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", per_instance_stats=entries))
    frame = read_run(find_runs(tmp_path)[0]).per_instance_stats
    assert frame["per_instance_stats.instance_id"].to_list() == ["id1", "id1", "id2"]
    assert frame["per_instance_stats.stats.mean"].to_list() == [1.0, 0.0, 0.5]


def test_a_run_without_per_instance_entries_has_an_empty_frame(tmp_path: Path) -> None:
    write_run(tmp_path, "a:x=1", run_files("a:x=1", per_instance_stats=[]))
    assert read_run(find_runs(tmp_path)[0]).per_instance_stats.height == 0


def test_the_types_of_a_stat_do_not_follow_from_how_its_numbers_are_written(
    tmp_path: Path,
) -> None:
    whole = {**stat("exact_match", 1), "sum": 1, "count": 1.0}
    write_run(tmp_path, "a:x=1", run_files("a:x=1", stats=[whole]))
    stats = read_run(find_runs(tmp_path)[0]).stats
    assert stats.schema["stats.sum"] == pl.Float64
    assert stats.schema["stats.count"] == pl.Int64


def test_a_stat_with_more_than_helms_fields_keeps_them(tmp_path: Path) -> None:
    prob = {"name": "typos", "robustness": True, "prob": 0.5, "seed": 3}
    stats = [{**stat("a", 1.0, perturbation=prob), "median": 7}, stat("a", 0.0)]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", stats=stats, per_instance_stats=[]))
    frame = read_run(find_runs(tmp_path)[0]).stats
    assert frame["stats.median"].to_list() == [7.0, None]
    assert frame["stats.name.perturbation.prob"].to_list() == [0.5, None]
    assert frame["stats.name.perturbation.seed"].to_list() == [3.0, None]


@pytest.mark.parametrize("count", [1.5, "one", [1], None])
def test_a_count_that_is_no_integer_is_not_made_one(tmp_path: Path, count: object) -> None:
    stats = [{**stat("a", 1.0), "count": count}]
    write_run(tmp_path, "a:x=1", run_files("a:x=1", stats=stats))
    assert read_run(find_runs(tmp_path)[0]).stats["stats.count"].to_list() == [count]


def test_a_null_that_is_written_is_a_column_and_a_field_left_out_is_none(tmp_path: Path) -> None:
    written = {**stat("a", 1.0), "mean": None}
    left_out = {name: value for name, value in stat("a", 1.0).items() if name != "mean"}
    write_run(tmp_path, "a:x=1", run_files("a:x=1", stats=[written]))
    write_run(tmp_path, "b:x=1", run_files("b:x=1", stats=[left_out]))
    first, second = (read_run(run).stats for run in find_runs(tmp_path))
    assert first["stats.mean"].to_list() == [None]
    assert "stats.mean" not in second.columns


def test_runs_read_together_are_as_if_each_were_read_alone(tmp_path: Path) -> None:
    perturbed = stat("a", 1.0, perturbation={"name": "typos", "prob": 0.5})
    entry = {"instance_id": "id1", "perturbation": perturbed["name"]["perturbation"]}
    files = [
        run_files("0:x=1"),
        run_files("1:x=1", stats=[perturbed], per_instance_stats=[{**entry, "stats": [perturbed]}]),
        run_files("2:x=1", per_instance_stats=[]),
        run_files("3:x=1", per_instance_stats=[{**entry, "stats": []}, {**entry, "stats": []}]),
        run_files("4:x=1", stats=[{**stat("a", 1.0), "other": 1}]),
        run_files("5:x=1", stats=[{**stat("a", 1.0), "count": 0.5}]),
        run_files("6:x=1", request_states=[{**request_state("id1"), "annotations": {"a": 1}}]),
        run_files("7:x=1", request_states=[{**request_state("id1"), "request_mode": None}]),
        run_files("8:x=1"),
    ]
    files[8]["run_spec.json"] |= {"args": {f"of {number}": number for number in range(50)}}
    files[7]["run_spec.json"] |= {"groups": []}
    for number, documents in enumerate(files):
        write_run(tmp_path, f"{number}:x=1", documents)
    runs = find_runs(tmp_path)
    for run, together in zip(runs, read_runs(runs), strict=True):
        alone = read_run(run)
        for field in fields(RunFrames):
            one, other = getattr(together, field.name), getattr(alone, field.name)
            assert one.schema == other.schema, (run.name, field.name)
            assert list(one.schema) == list(other.schema)
            assert one.equals(other), (run.name, field.name)
            assert set(one["run_spec.name"]) <= {run.name}


def test_a_bad_file_among_runs_read_together_is_named(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, runs=5)
    runs = find_runs(suite)
    (runs[3].path / "stats.json").write_text('[{"name": {"name": "a"}, "count": [')
    with pytest.raises(SuiteError, match=r"subject=3.*stats\.json: not what HELM writes"):
        list(read_runs(runs))


def test_the_columns_of_a_run_spec_are_in_its_order_however_many(tmp_path: Path) -> None:
    documents = run_files("a:x=1")
    names = [f"key {number}" for number in range(100, 0, -1)]
    documents["run_spec.json"]["scenario_spec"]["args"] = dict.fromkeys(names, 1)
    write_run(tmp_path, "a:x=1", documents)
    columns = read_run(find_runs(tmp_path)[0]).run_specs.columns
    prefix = "run_spec.scenario_spec.args."
    assert [name.removeprefix(prefix) for name in columns if name.startswith(prefix)] == names


def test_a_run_may_be_written_with_spaces_and_commas_before_the_colon(tmp_path: Path) -> None:
    name = "boolq,data_augmentation=misspelling0.5:model=open ai,category=None"
    write_run(tmp_path, name)
    assert read_run(find_runs(tmp_path)[0]).stats["run_spec.name"].unique().to_list() == [name]


STATES = "scenario_state.request_states."


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
    completion = plain_cells(first[f"{STATES}result.completions"])[0][0]
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


def test_an_id_that_is_a_number_is_found_again(tmp_path: Path) -> None:
    states = [request_state("id1"), request_state("id2")]
    for number, state in enumerate(states):
        state["instance"]["id"] = number
    write_run(tmp_path, "a:x=1", run_files("a:x=1", request_states=states))
    run = find_runs(tmp_path)[0]
    ids = read_run(run).scenario_states[f"{STATES}instance.id"].to_list()
    assert read_scenario_states([run], [ids[:1]])[0].height == 1


def test_a_file_that_helm_was_writing_when_it_was_stopped_is_named(tmp_path: Path) -> None:
    path = write_run(tmp_path, "a:x=1") / "per_instance_stats.json"
    text = json.dumps(json.loads(path.read_text()), indent=2)
    for end in (0, 1, len(text) // 2, len(text) - 1):
        path.write_text(text[:end])
        with pytest.raises(SuiteError, match=r"per_instance_stats\.json: not what HELM writes"):
            read_run(find_runs(tmp_path)[0])


def test_a_run_without_request_states_is_refused_beside_other_runs_too(tmp_path: Path) -> None:
    for name in ("a:x=1", "b:x=1"):
        write_run(tmp_path, name)
    runs = find_runs(tmp_path)
    (runs[1].path / "scenario_state.json").write_text('{"request_states": []}')
    with pytest.raises(SuiteError, match=r"b:x=1.*scenario_state\.json: not what HELM writes"):
        list(read_runs(runs))
