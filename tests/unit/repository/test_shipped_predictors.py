"""The example images and the template in Python predict every target of suites of many kinds."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runner.contract.__main__ import load_predictor
from runner.contract.predictor import Case, run_predictor
from runner.output.predictions import read_instance_predictions, read_predictions
from runner.suites.public_suite import PublicSuite
from tests.helm_builder import Json, files_of_2022, request_state, run_files, stat, write_run
from tests.suite_builder import build, stage

ROOT = Path(__file__).parents[3]
PREDICTORS = [
    *sorted((ROOT / "images").glob("[!m]*/predictor.py")),
    ROOT / "predictor_template" / "python" / "predictor.py",
]
PERSON = {"name": "person_name", "prob": "often", "names": ["Ann", "Bo"], "race": {"source": "x"}}


def of_today(name: str) -> Json:
    return run_files(name)


def perturbed(name: str) -> Json:
    """Return a run whose perturbation has parameters of every kind."""
    copy = request_state("id0")
    copy["instance"]["perturbation"] = PERSON
    return run_files(
        name,
        stats=[stat("exact_match", 0.5), stat("exact_match", 0.25, perturbation=PERSON)],
        request_states=[request_state("id0"), copy, request_state("id1")],
        per_instance_stats=[
            {"instance_id": "id0", "train_trial_index": 0, "stats": [stat("exact_match", 1.0)]},
            {
                "instance_id": "id0",
                "perturbation": PERSON,
                "train_trial_index": 0,
                "stats": [stat("exact_match", 0.0, perturbation=PERSON)],
            },
        ],
    )


def without_references(name: str) -> Json:
    states = [request_state(f"id{number}") for number in range(4)]
    for state in states:
        del state["instance"]["references"], state["instance"]["split"], state["output_mapping"]
    states[1]["result"] = {"success": False, "completions": [], "error": "blocked"}
    return run_files(name, request_states=states)


def with_numbers_as_ids(name: str) -> Json:
    """Return a run whose ids are in another order as texts: 10 before 2."""
    states = [request_state("id0") for _ in range(12)]
    for number, state in enumerate(states):
        state["instance"]["id"] = number
    return run_files(name, request_states=states)


def without_train_means(name: str) -> Json:
    """Return a run that has means only if it is the one to evaluate."""
    none = {"name": {"name": "exact_match"}, "count": 0, "sum": 0, "sum_squared": 0}
    is_evaluated = name.startswith("3")
    return run_files(name) if is_evaluated else run_files(name, stats=[none], per_instance_stats=[])


def with_args(name: str) -> Json:
    files = run_files(name)
    args = {"0": {"a": [1, {"b": 2}]}, "1": {"a": "text"}, "2": {"c": None}}.get(name[0], {})
    files["run_spec.json"]["scenario_spec"]["args"] = args
    return files


KINDS = {
    "today": of_today,
    "2022": files_of_2022,
    "perturbed": perturbed,
    "without references": without_references,
    "numbers as ids": with_numbers_as_ids,
    "without train means": without_train_means,
    "args": with_args,
}


def make_suite(root: Path, kind: str) -> PublicSuite:
    for number in range(4):
        name = f"{number}:model=demo/model"
        write_run(root / "runs", name, KINDS[kind](name))
    cases = [{"train": ["0*", "1*", "2*"], "eval": ["3*"]}]
    fields: dict[str, Any] = {
        "division": {"method": "explicit", "cases": cases},
        "instance_targets": ["exact_match"],
        "revealed": {"instances": "all"},
    }
    return build(root / "runs", root / "suite", **fields)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that stages a suite of one kind, once for all predictors."""

    @cache
    def stage_once(kind: str) -> Path:
        root = tmp_path_factory.mktemp("suite")
        for name, content in stage(make_suite(root, kind)).files.items():
            path = root / "input" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return root / "input"

    return stage_once


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("predictor", PREDICTORS, ids=lambda path: path.parent.name)
def test_every_target_is_predicted(
    staged: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    predictor: Path,
    kind: str,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "images" / "items")  # the gallery's base has it
    case = Case(staged(kind))
    assert case.targets
    assert case.instance_targets
    run_predictor(load_predictor(str(predictor)), staged(kind), tmp_path)
    read_predictions((tmp_path / "predictions.json").read_bytes(), case.targets)
    content = (tmp_path / "instance_predictions.json").read_bytes()
    assert len(read_instance_predictions(content, case.instance_targets).stats) > 0
