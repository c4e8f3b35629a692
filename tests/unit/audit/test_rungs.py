"""What each rung reaches, and that it reaches nothing without what it lives on."""

import random
from pathlib import Path

import pytest

from runner.audit.rungs import RUNGS
from tests.helm_builder import Json
from tests.quiz_builder import questions, write_quiz
from tests.suite_builder import audit_build

INSTANCES, SCENARIOS = 20, 5
MODELS = {"demo/one": 0.2, "demo/two": 0.5, "demo/three": 0.6, "demo/four": 0.9}
"""Each model's share of right answers."""


def answer(model: str, scenario: int, number: int, *, alike: bool) -> str:
    """Return whether a model is right; hard questions are hard for all if they answer alike."""
    own = "" if alike else model
    luck = random.Random(f"{own} {scenario} {number}").random()
    return "A" if luck < MODELS[model] else "B"


def states_of(scenario: int, answers: str) -> list[Json]:
    """Return a scenario's questions, which no other scenario has."""
    states = questions(answers)
    for number, state in enumerate(states):
        text = f"Of {scenario}, {number}?"
        state["instance"]["input"]["text"] = state["request"]["prompt"] = text
    return states


def reached(root: Path, *, alike: bool = True, instances: int = 5) -> dict[str, float]:
    """Return the MAE of each rung, over cases that each leave out one model."""
    for scenario in range(SCENARIOS):
        for model in MODELS:
            answers = [answer(model, scenario, n, alike=alike) for n in range(INSTANCES)]
            name = f"quiz:of={scenario},model={model.replace('/', '_')}"
            states = states_of(scenario, "".join(answers))
            write_quiz(root / "runs", name, states, model=model, args={"of": scenario})
    division = {"method": "leave_one_out", "by": "model"}
    revealed = {"instances": instances}
    audit = audit_build(root / "runs", root / "suite", division=division, revealed=revealed)
    found = audit.derivability.values()
    return {
        knows: sum(case.rungs[place].mae for case in found) / len(found)
        for place, knows in enumerate(RUNGS)
    }


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """Return what is reached where a hard question is hard for all."""
    return reached(tmp_path_factory.mktemp("alike"))


def test_each_rung_comes_nearer_than_the_one_before(alike: dict[str, float]) -> None:
    maes = list(alike.values())
    assert maes == sorted(maes, reverse=True)
    assert maes[-1] < maes[0] / 4


def test_control_other_models_help_little_if_no_question_is_hard_for_all(
    alike: dict[str, float], tmp_path: Path
) -> None:
    apart = reached(tmp_path, alike=False)
    assert alike["other models' items"] < alike["the model's items"] * 0.75
    assert apart["other models' items"] > apart["the model's items"] * 0.75


def test_control_without_revealed_instances_only_other_models_help(tmp_path: Path) -> None:
    maes = reached(tmp_path, instances=0)
    same = [maes[knows] for knows in RUNGS[:-1]]
    assert same == pytest.approx([maes["train mean"]] * len(same))


def test_recomputed_alone_leaves_the_train_mean_its_share(alike: dict[str, float]) -> None:
    assert alike["recomputed alone"] == pytest.approx(alike["train mean"] * 0.75, rel=0.1)
