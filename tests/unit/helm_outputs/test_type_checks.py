import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError
from tests.helm_builder import write_suite
from tests.suite_builder import build

FILES = {
    "run_spec": "run_spec.json",
    "states": "scenario_state.json",
    "stats": "stats.json",
    "entries": "per_instance_stats.json",
}


def completion(state: dict[str, Any], value: Any) -> None:
    state["request_states"][0]["result"]["completions"] = value


def complete_all(state: dict[str, Any], value: Any) -> None:
    for each in state["request_states"]:
        each["result"]["completions"] = value


def references(state: dict[str, Any], value: Any) -> None:
    state["request_states"][0]["instance"]["references"] = value


def adapter(spec: dict[str, Any], field: str, value: Any) -> None:
    spec["adapter_spec"][field] = value


def stat(stats: list[dict[str, Any]], field: str, value: Any) -> None:
    stats[0][field] = value


def rename_all(entries: list[dict[str, Any]], name: Any) -> None:
    for entry in entries:
        for each in entry["stats"]:
            each["name"] = name


REFERENCE = {"output": {"text": "A"}, "tags": ["correct"]}

WRONG: dict[str, tuple[str, Callable[[Any], None]]] = {
    "a number as the name of a stat": ("stats", lambda d: d[0]["name"].update(name=3)),
    "a trial that no integer can number": (
        "entries",
        lambda d: d[0].update(train_trial_index=1e308),
    ),
    "a fraction as a trial": (
        "states",
        lambda d: d["request_states"][0].update(train_trial_index=1.5),
    ),
    "a fraction as a trial of stats": ("entries", lambda d: d[0].update(train_trial_index=1.5)),
    "a text as a trial": (
        "states",
        lambda d: d["request_states"][0].update(train_trial_index="first"),
    ),
    "no name of a stat": ("stats", lambda d: d[0]["name"].pop("name")),
    "no name of a stat of an instance": (
        "entries",
        lambda d: d[0]["stats"][0]["name"].pop("name"),
    ),
    "a list as the name of a stat": ("stats", lambda d: d[0]["name"].update(name=["a"])),
    "a number as the name of a stat of an instance": (
        "entries",
        lambda d: d[0]["stats"][0]["name"].update(name=3),
    ),
    "no name in any stat of an instance": (
        "entries",
        lambda d: rename_all(d, {"text": "a"}),
    ),
    "a text in place of a result": ("states", lambda d: d["request_states"][0].update(result="x")),
    "a list in place of a request": ("states", lambda d: d["request_states"][0].update(request=[])),
    "a text in place of the letters of choices": (
        "states",
        lambda d: d["request_states"][0].update(output_mapping="A"),
    ),
    "an object as a choice": (
        "states",
        lambda d: d["request_states"][0].update(output_mapping={"A": {"text": "yes"}}),
    ),
    "a list as a choice": (
        "states",
        lambda d: d["request_states"][0].update(output_mapping={"A": ["yes"]}),
    ),
    "a list as a split": (
        "states",
        lambda d: d["request_states"][0]["instance"].update(split=[None]),
    ),
    "a number as a split": (
        "states",
        lambda d: d["request_states"][0]["instance"].update(split=3),
    ),
    "a number as a choice": (
        "states",
        lambda d: d["request_states"][0].update(output_mapping={"A": 1}),
    ),
    "a text as the place of a reference": (
        "states",
        lambda d: d["request_states"][0].update(reference_index="first"),
    ),
    "no pattern of letters": (
        "states",
        lambda d: d["adapter_spec"].update(output_mapping_pattern="("),
    ),
    "a number as a pattern of letters": (
        "states",
        lambda d: d["adapter_spec"].update(output_mapping_pattern=1),
    ),
    "a text as a logprob": ("states", lambda d: completion(d, [{"text": "A", "logprob": "-1"}])),
    "a text as a logprob of a token": (
        "states",
        lambda d: completion(d, [{"text": "A", "tokens": [{"text": "A", "logprob": "-1"}]}]),
    ),
    "no token": (
        "states",
        lambda d: complete_all(d, [{"text": "A", "tokens": [None]}]),
    ),
    "a text as a token": ("states", lambda d: completion(d, [{"text": "A", "tokens": ["A"]}])),
    "a text as a completion": ("states", lambda d: completion(d, ["A"])),
    "a number as a completion": ("states", lambda d: completion(d, [3])),
    "a number in place of completions": ("states", lambda d: completion(d, 1e308)),
    "no reference": ("states", lambda d: references(d, [REFERENCE, None])),
    "a number in place of references": ("states", lambda d: references(d, -1)),
    "a number in place of tags": ("states", lambda d: references(d, [{**REFERENCE, "tags": 0.5}])),
    "true as a text": (
        "states",
        lambda d: references(d, [{"output": {"text": True}, "tags": ["correct"]}]),
    ),
    "a text in place of the adapter": ("run_spec", lambda d: d.update(adapter_spec="x")),
    "a number as a class": ("run_spec", lambda d: d["scenario_spec"].update(class_name=3)),
    "a number as a model": ("run_spec", lambda d: adapter(d, "model", 3)),
    "a number as a deployment": ("run_spec", lambda d: adapter(d, "model_deployment", 3)),
    "a text as a mean": ("stats", lambda d: stat(d, "mean", "0.5")),
    "a list as a mean": ("stats", lambda d: stat(d, "mean", [0.5])),
    "a text as a count": ("stats", lambda d: stat(d, "count", "1")),
    "a list as a maximum": ("stats", lambda d: stat(d, "max", [1])),
    "a text as an instance's mean": ("entries", lambda d: stat(d[0]["stats"], "mean", "0.5")),
}


@pytest.mark.parametrize("which", [0, 1], ids=["run 1", "run 2"])
@pytest.mark.parametrize(("file", "change"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_type_is_refused_with_the_files_name(
    tmp_path: Path, file: str, change: Callable[[Any], None], which: int
) -> None:
    """Of a train run and of an eval run alike."""
    root = write_suite(tmp_path)
    path = sorted(root.rglob(FILES[file]))[which]
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))
    division = {"method": "leave_one_out", "by": "run"}
    with pytest.raises(SuiteError, match=f"{path.name}: not what HELM writes|{path.name}"):
        build(root, tmp_path / "suite", division=division)


def test_control_without_a_change_the_same_runs_are_built(tmp_path: Path) -> None:
    division = {"method": "leave_one_out", "by": "run"}
    assert build(write_suite(tmp_path), tmp_path / "suite", division=division).cases


def test_a_request_without_a_result_is_built(tmp_path: Path) -> None:
    """HELM writes null for a request that was not made."""
    root = write_suite(tmp_path)
    for path in root.rglob(FILES["states"]):
        document = json.loads(path.read_bytes())
        document["request_states"][0]["result"] = None
        path.write_text(json.dumps(document))
    assert build(root, tmp_path / "suite", division={"method": "leave_one_out", "by": "run"}).cases


def test_letters_and_choices_with_a_lone_surrogate_and_logprobs_that_are_null_are_built(
    tmp_path: Path,
) -> None:
    root = write_suite(tmp_path)
    for path in root.rglob(FILES["states"]):
        document = json.loads(path.read_bytes())
        document["request_states"][0] |= {
            "output_mapping": {"A": "\ud800", "B": "no"},
            "reference_index": None,
        }
        completion(document, [{"text": "A", "logprob": None, "tokens": [{"text": "A"}]}])
        document["request_states"][1]["result"]["completions"] = [{"text": "A", "tokens": []}]
        path.write_text(json.dumps(document))
    assert build(root, tmp_path / "suite", division={"method": "leave_one_out", "by": "run"}).cases
