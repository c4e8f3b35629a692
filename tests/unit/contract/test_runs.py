"""HELM's own shape is had back from the staged frames."""

from typing import Any

import pytest

from runner.contract import Case, Stat
from tests.helm_builder import request_state, run_files, stat, write_run
from tests.suite_builder import build_unaudited, stage

TYPOS = {"name": "typos", "robustness": True, "computed_on": "perturbed", "prob": 0.5}
MODEL = "model=demo/model"


def files_of(number: int) -> dict[str, Any]:
    """Return the JSON documents of a run with a perturbed copy of an instance."""
    states = [request_state("id1"), request_state("id2", completion="B")]
    perturbed = [
        {"instance_id": "id1", "train_trial_index": 0, "stats": [stat("f1", 1.0), stat("em", 0.5)]},
        {
            "instance_id": "id1",
            "train_trial_index": 0,
            "perturbation": TYPOS,
            "stats": [stat("em", 0.25, perturbation=TYPOS)],
        },
        {"instance_id": "id2", "train_trial_index": 0, "stats": [stat("f1", 0.0)]},
    ]
    stats = [stat("exact_match", 0.5), stat("f1", 0.25, perturbation=TYPOS)]
    return run_files(
        f"demo:subject={number},{MODEL}",
        stats=stats,
        request_states=states,
        per_instance_stats=perturbed,
    )


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    tmp_path = tmp_path_factory.mktemp("case")
    for number in range(4):
        write_run(tmp_path / "helm", f"demo:subject={number},{MODEL}", files_of(number))
    staged = stage(build_unaudited(tmp_path / "helm", tmp_path / "suite"))
    for name, content in staged.files.items():
        path = tmp_path / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Case(tmp_path / "input")


def test_a_train_run_as_dicts_is_what_helm_wrote(case: Case) -> None:
    for run in case.train_runs:
        number = int(run["run_spec"]["name"][len("demo:subject=")])
        wrote = files_of(number)
        documents = {name.removesuffix(".json"): wrote[name] for name in wrote}
        del documents["scenario"]  # no frame has it
        assert run == documents


def test_an_eval_run_has_no_stats(case: Case) -> None:
    (run,) = case.eval_runs
    assert set(run) == {"run_spec", "scenario_state"}
    assert len(run["scenario_state"]["request_states"]) == 2


def test_objects_read_as_helms_do(case: Case) -> None:
    run = case.train_run_objects[0]
    state = run.scenario_state.request_states[0]
    assert run.run_spec.adapter_spec.method == "multiple_choice_joint"
    assert state.instance.references[0].output.text == "yes"
    assert state.result.completions[0].text == "A"
    assert run.stats[0] == Stat.from_json(stat("exact_match", 0.5))
    assert run.per_instance_stats[1].stats[0].name.perturbation["prob"] == 0.5


def test_what_helm_leaves_out_is_none_and_free_forms_stay_dicts(case: Case) -> None:
    state = case.eval_run_objects[0].scenario_state.request_states[0]
    assert state.reference_index is None
    assert state.output_mapping == {"A": "yes", "B": "no"}
    assert case.eval_run_objects[0].run_spec.scenario_spec.args["of"].startswith("demo:")
