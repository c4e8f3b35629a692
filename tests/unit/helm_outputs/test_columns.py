"""What HELM leaves free: the same files give the same suite, and MAGNET's values come back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runner.contract.frames import read_rows
from runner.helm_outputs.runs import RUN_FILES, find_runs
from runner.suites.suite import Suite
from tests.helm_builder import Json, request_state, run_files, write_run
from tests.suite_builder import build_unaudited, build_unsalted, stage

BUILDS = 8

Change = Callable[[dict[str, Any], int], None]


def change_metric_args(files: dict[str, Any], _run: int) -> None:
    files["run_spec.json"]["metric_specs"] += [
        {"class_name": "demo.Summary", "args": {"task": "demo", "device": "cpu"}},
        {"class_name": "demo.Other", "args": {}},
    ]


def change_metric_args_of_train_runs(files: dict[str, Any], run: int) -> None:
    if run < 3:
        change_metric_args(files, run)


def change_perturbation_args(files: dict[str, Any], _run: int) -> None:
    files["run_spec.json"]["data_augmenter_spec"] = {
        "perturbation_specs": [
            {"class_name": "demo.Gender", "args": {"prob": 1.0, "source_class": "m"}},
            {"class_name": "demo.Name", "args": {"prob": 1, "source_class": {"race": "x"}}},
        ]
    }


def states_of(files: dict[str, Any]) -> list[Json]:
    states: list[Json] = files["scenario_state.json"]["request_states"]
    return states


def change_tokens(files: dict[str, Any], run: int) -> None:
    for number, state in enumerate(states_of(files)):
        words = [f"word {run} {number} {place}" for place in range(40)]
        tokens = [{"text": word, "logprob": -1, "top_logprobs": {word: -0.5}} for word in words]
        state["result"]["completions"][0]["tokens"] = tokens


def change_finish_reason(files: dict[str, Any], _run: int) -> None:
    reasons = [{"reason": "stop"}, {"why": ["length"]}, "stop", None]
    for state, reason in zip(states_of(files), reasons, strict=True):
        state["result"]["completions"][0]["finish_reason"] = reason


def change_annotations(files: dict[str, Any], _run: int) -> None:
    answers = [["a", 1], [[2]], "failed", {"b": 1}]
    for state, answer in zip(states_of(files), answers, strict=True):
        state.setdefault("annotations", {}).update({"judge": {"rows": answer}, "plain": answer})


def change_extra_data(files: dict[str, Any], _run: int) -> None:
    for number, state in enumerate(states_of(files)):
        state["instance"]["extra_data"] = {"rows": [{f"key {number}": number, "other": [number]}]}


def change_media(files: dict[str, Any], _run: int) -> None:
    media = {"media_objects": [{"content_type": "image/png", "location": "a.png"}]}
    for state in states_of(files):
        state["instance"]["references"] += [{"output": {"multimedia_content": media}, "tags": []}]


def change_surrogate(files: dict[str, Any], _run: int) -> None:
    states_of(files)[1]["request"]["prompt"] = "Which \ud83d?"


def change_numbers(files: dict[str, Any], _run: int) -> None:
    numbers = [1, 2**53 + 1, 0.5, True]
    for state, number in zip(states_of(files), numbers, strict=True):
        state.setdefault("annotations", {}).update({"score": number, "scores": [number]})


CHANGES: list[Change] = [
    change_metric_args,
    change_metric_args_of_train_runs,
    change_perturbation_args,
    change_tokens,
    change_finish_reason,
    change_annotations,
    change_extra_data,
    change_media,
    change_surrogate,
    change_numbers,
]


def change_all(files: dict[str, Any], run: int) -> None:
    for change in CHANGES:
        change(files, run)


def change_all_of_train_runs(files: dict[str, Any], run: int) -> None:
    if run < 3:
        change_all(files, run)


def write_runs(root: Path, change: Change) -> Path:
    """Write four runs in which the change is made, and return where they are."""
    for run in range(4):
        name = f"demo:subject={run},model=demo/model"
        files = run_files(name, request_states=[request_state(f"id{each}") for each in range(4)])
        change(files, run)
        write_run(root / "runs", name, files)
    return root / "runs"


def flatten_as_magnet(value: Json, prefix: str) -> Json:
    """Return the leaves of an object by dotted name."""
    leaves: Json = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            leaves |= flatten_as_magnet(inner, f"{prefix}{name}.")
        else:
            leaves[prefix + name] = inner
    return leaves


def without_missing(row: Json) -> Json:
    return {name: value for name, value in row.items() if value is not None}


@dataclass(frozen=True)
class BuiltTwice:
    """Runs in which a change is made, and two suites of them."""

    source: Path
    suites: tuple[Suite, Suite]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Change], BuiltTwice]:
    """Return a function that builds for each change once."""

    @cache
    def build_twice(change: Change) -> BuiltTwice:
        root = tmp_path_factory.mktemp("built")
        source = write_runs(root, change)
        one, other = (build_unsalted(source, root / name) for name in ("one", "other"))
        return BuiltTwice(source, (one, other))

    return build_twice


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_files_give_the_same_digest(
    built: Callable[[Change], BuiltTwice], change: Change
) -> None:
    one, other = built(change).suites
    assert one.digest == other.digest


@pytest.mark.long
@pytest.mark.parametrize("change", [change_all, change_all_of_train_runs])
def test_many_builds_of_all_that_helm_leaves_free_give_one_digest(
    built: Callable[[Change], BuiltTwice], tmp_path: Path, change: Change
) -> None:
    """What goes wrong by chance may go well twice."""
    source, twice = built(change).source, built(change).suites
    more = [build_unsalted(source, tmp_path / f"suite {each}") for each in range(2, BUILDS)]
    assert len({suite.digest for suite in (*twice, *more)}) == 1


def test_control_another_file_gives_another_digest(tmp_path: Path) -> None:
    source = write_runs(tmp_path, change_metric_args)
    first = build_unsalted(source, tmp_path / "first").digest
    path = next(source.glob("*subject=3*/run_spec.json"))
    path.write_text(path.read_text().replace("cpu", "gpu"))
    assert build_unsalted(source, tmp_path / "second").digest != first


@pytest.mark.parametrize("change", CHANGES)
def test_a_predictor_gets_the_values_that_magnet_has(
    built: Callable[[Change], BuiltTwice], tmp_path: Path, change: Change
) -> None:
    source, (suite, _) = built(change).source, built(change).suites
    trained = {run.name for run in suite.cases[0].train_runs}
    (tmp_path / "specs").write_bytes(stage(suite).files["train/run_specs.parquet"])
    (tmp_path / "states").write_bytes(stage(suite).files["train/scenario_states.parquet"])
    specs, states = [], []
    for run in (run for run in find_runs(source) if run.name in trained):
        spec, state = (json.loads((run.path / name).read_text()) for name in RUN_FILES[:2])
        specs.append(flatten_as_magnet(spec, "run_spec."))
        rest = {name: value for name, value in state.items() if name != "request_states"}
        once = {"run_spec.name": run.name, **flatten_as_magnet(rest, "scenario_state.")}
        prefix = "scenario_state.request_states."
        states += [{**once, **flatten_as_magnet(each, prefix)} for each in state["request_states"]]
    assert list(map(without_missing, read_rows(tmp_path / "specs"))) == specs
    read = read_rows(tmp_path / "states")
    assert list(map(without_missing, read)) == list(map(without_missing, states))


@pytest.mark.parametrize("file_name", ["stats.json", "per_instance_stats.json"])
@pytest.mark.parametrize("is_helms_layout", [True, False])
def test_of_a_key_that_stands_twice_the_last_counts(
    tmp_path: Path, file_name: str, is_helms_layout: bool
) -> None:
    source = write_runs(tmp_path, lambda files, run: None)
    for path in source.glob(f"*/{file_name}"):
        document = json.loads(path.read_text())
        text = json.dumps(document, indent=2 if is_helms_layout else None)
        path.write_text(text.replace('"mean": ', '"mean": 7, "mean": '))
    suite = build_unaudited(source, tmp_path / "suite")
    name = f"train/{file_name.removesuffix('.json')}.parquet"
    (tmp_path / "frame").write_bytes(stage(suite).files[name])
    column = "stats.mean" if file_name == "stats.json" else "per_instance_stats.stats.mean"
    assert 7 not in {row[column] for row in read_rows(tmp_path / "frame")}
