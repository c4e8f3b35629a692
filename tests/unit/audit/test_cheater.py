"""What a cheater does with a case, each with a control in which that one way is closed."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from runner.audit.audit import Audit
from runner.errors import SuiteError
from tests.helm_builder import Json, stat
from tests.quiz_builder import question, questions, write_quiz
from tests.suite_builder import audit_build

HIDDEN = "the spec hides gold, but it is found for"


def audit_quiz(root: Path, **fields: Any) -> Audit:
    """Audit a suite of one case, which trains on the runs of names with ``train``."""
    case = {"train": ["train*"], "eval": ["eval*"]}
    fields = {"division": {"method": "explicit", "cases": [case]}, "accept": [], **fields}
    return audit_build(root / "runs", root / "suite", **fields)


def figure(audit: Audit) -> str:
    return str(audit.derivability["case-1"])


def test_hidden_gold_that_a_train_run_of_the_same_questions_tells_is_refused(
    tmp_path: Path,
) -> None:
    write_quiz(tmp_path / "runs", "train:m=other", questions("BBAA"), model="demo/other")
    write_quiz(tmp_path / "runs", "eval:m=model", questions("AABA"))
    with pytest.raises(SuiteError, match=f"{HIDDEN} 2 of 2 revealed") as refused:
        audit_quiz(tmp_path, revealed={"instances": 2, "gold": False})
    assert "train:m=other has the same scenario and instance" in str(refused.value)
    assert "50% of the actuals is determined" in str(refused.value)


@pytest.mark.parametrize("hidden", [{"prompts": False}, {"references": False}])
def test_less_of_the_questions_does_not_hide_whose_gold_it_is(
    tmp_path: Path, hidden: dict[str, bool]
) -> None:
    write_quiz(tmp_path / "runs", "train:m=other", questions("BBAA"), model="demo/other")
    write_quiz(tmp_path / "runs", "eval:m=model", questions("AABA"))
    with pytest.raises(SuiteError, match=HIDDEN):
        audit_quiz(tmp_path, revealed={"instances": 2, "gold": False, **hidden})


@pytest.mark.parametrize("kind", ["prompt", "input", "references"])
def test_gold_of_another_scenario_is_found_by_what_the_questions_share(
    tmp_path: Path, kind: str
) -> None:
    there, here = questions("BBAA"), questions("AABA")
    for number, state in enumerate(there):
        state["instance"]["id"] = f"other{number}"
        if kind != "prompt":
            state["request"]["prompt"] = f"With an example: {number}"
        if kind == "references":
            state["instance"]["input"]["text"] = f"Put differently, {number}?"
    write_quiz(tmp_path / "runs", "train:m=other", there, model="demo/other", scenario="demo.B")
    write_quiz(tmp_path / "runs", "eval:m=model", here)
    with pytest.raises(SuiteError, match=f"train:m=other has the same {kind}"):
        audit_quiz(tmp_path, revealed={"instances": 2, "gold": False})


def test_control_labels_that_questions_share_do_not_tell_gold(tmp_path: Path) -> None:
    there, here = questions("BBA", first=4), questions("AABA")
    for state in (*there, *here):
        state["instance"]["references"] = [
            {"output": {"text": "good"}, "tags": ["correct"]},
            {"output": {"text": "bad"}, "tags": []},
        ]
    write_quiz(tmp_path / "runs", "train:m=other", there, scenario="demo.B")
    write_quiz(tmp_path / "runs", "eval:m=model", here)
    audit = audit_quiz(tmp_path, revealed={"instances": 2, "gold": False})
    assert "0% of the actuals is determined" in figure(audit)


def test_control_hidden_gold_of_questions_that_no_train_run_has_stays_hidden(
    tmp_path: Path,
) -> None:
    write_quiz(
        tmp_path / "runs", "train:m=other", questions("BBAA", first=4), scenario="demo.Other"
    )
    write_quiz(tmp_path / "runs", "eval:m=model", questions("AABA"))
    audit = audit_quiz(tmp_path, revealed={"instances": 2, "gold": False})
    assert "0% of the actuals is determined" in figure(audit)


def test_control_hidden_gold_tells_nothing_without_completions(tmp_path: Path) -> None:
    write_quiz(tmp_path / "runs", "train:m=other", questions("BBAA"), model="demo/other")
    write_quiz(tmp_path / "runs", "eval:m=model", questions("AABA"))
    revealed = {"instances": 2, "gold": False, "completions": False}
    assert "0% of the actuals" in figure(audit_quiz(tmp_path, revealed=revealed))


def separate(number: int, chosen: int, correct: int = 0) -> list[Json]:
    """Return a question's two requests, one for each reference, of which one is likelier."""
    states = []
    for place in range(2):
        state = question(number, "")
        references = state["instance"]["references"]
        for each, reference in enumerate(references):
            reference["tags"] = ["correct"] if each == correct else []
        text = references[place]["output"]["text"]
        tokens = [{"text": text, "logprob": -0.5 if place == chosen else -2.0}]
        state["result"]["completions"] = [{"text": text, "logprob": -9.0, "tokens": tokens}]
        state["request"]["prompt"] += f" {text}"
        del state["output_mapping"]
        states.append({**state, "reference_index": place, "request_mode": "original"})
    return states


def audit_separate(root: Path, gold_of_train: Sequence[int]) -> Audit:
    """Audit a suite whose eval run chose right in 2 of 4 questions; the right one comes first."""
    fields: dict[str, Any] = {"method": "multiple_choice_separate_original"}
    there = [state for n, gold in enumerate(gold_of_train) for state in separate(9 + n, 0, gold)]
    here = [state for n, chosen in enumerate((0, 1, 0, 1)) for state in separate(n, chosen)]
    write_quiz(root / "runs", "train:x=1", there, args={"x": 1}, **fields)
    write_quiz(root / "runs", "eval:x=2", here, args={"x": 2}, **fields)
    stats = json.dumps([stat("exact_match", 0.5)])
    (root / "runs" / "eval:x=2" / "stats.json").write_text(stats)
    return audit_quiz(root, revealed={"instances": "all", "gold": False})


def test_an_order_that_is_restored_tells_gold_where_it_always_comes_first(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=f"{HIDDEN} 4 of 4 revealed") as refused:
        audit_separate(tmp_path, gold_of_train=(0, 0, 0, 0))
    assert "lists the correct reference always at one place" in str(refused.value)
    assert "recomputed as 0.5, its actual" in str(refused.value)


def test_control_an_order_tells_nothing_where_gold_is_anywhere(tmp_path: Path) -> None:
    audit = audit_separate(tmp_path, gold_of_train=(0, 1, 0, 0))
    assert "0% of the actuals is determined" in figure(audit)


def audit_subset(root: Path, model: str) -> Audit:
    """Audit a suite that trains on the eval run's questions under another argument."""
    there, here = questions("AABA"), questions("AABA")
    for number, state in enumerate(there):
        state["instance"]["id"] = f"other{number}"
    write_quiz(root / "runs", "train:only=1", there, model=model, args={"only": True})
    write_quiz(root / "runs", "eval:only=0", here, args={"only": False})
    return audit_quiz(root, revealed={"instances": 1})


def test_the_same_questions_under_another_argument_of_the_scenario_are_found(
    tmp_path: Path,
) -> None:
    with pytest.raises(SuiteError, match="all 4 instances of exact_match") as refused:
        audit_subset(tmp_path, "demo/model")
    assert "here or in other runs of the case" in str(refused.value)
    assert "recomputed as 0.75, its actual" in str(refused.value)


def test_a_train_run_without_the_stat_tells_it_by_its_completions(tmp_path: Path) -> None:
    write_quiz(tmp_path / "runs", "train:only=1", questions("AABA"), args={"only": True})
    (tmp_path / "runs" / "train:only=1" / "per_instance_stats.json").write_text("[]")
    write_quiz(tmp_path / "runs", "eval:only=0", questions("AABA"), args={"only": False})
    with pytest.raises(SuiteError, match=r"recomputed as 0\.75, its actual"):
        audit_quiz(tmp_path, revealed={"instances": 1})


def test_control_another_deployment_answers_for_itself(tmp_path: Path) -> None:
    audit = audit_subset(tmp_path, "demo/other")
    assert "25% of the actuals is determined" in figure(audit)


def audit_sweep(root: Path, models: Sequence[str]) -> Audit:
    """Audit a suite that evaluates four runs of one scenario; each reveals 3 of 4 instances."""
    write_quiz(root / "runs", "train:x=0", questions("ABAB", first=4), args={"x": 0})
    for number, model in enumerate(models):
        write_quiz(root / "runs", f"eval:sweep={number}", questions("AABA"), model=model)
    return audit_quiz(root, revealed={"instances": 3})


def test_what_the_runs_of_a_sweep_reveal_is_pooled(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"recomputed as 0\.75, its actual"):
        audit_sweep(tmp_path, ["demo/model"] * 4)


def test_control_runs_of_several_deployments_are_not_pooled(tmp_path: Path) -> None:
    audit = audit_sweep(tmp_path, [f"demo/model-{number}" for number in range(4)])
    assert "75% of the actuals is determined" in figure(audit)
    assert "0 targets wholly" in figure(audit)


def test_control_answers_that_differ_from_run_to_run_are_not_pooled(tmp_path: Path) -> None:
    write_quiz(tmp_path / "runs", "train:x=0", questions("ABAB", first=4), args={"x": 0})
    for number, answers in enumerate(("AABA", "BBAB")):
        write_quiz(tmp_path / "runs", f"eval:sweep={number}", questions(answers))
    audit = audit_quiz(tmp_path, revealed={"instances": 3})
    assert "0 targets wholly" in figure(audit)


def test_control_answers_on_which_train_runs_differ_are_not_taken(tmp_path: Path) -> None:
    for number, answers in enumerate(("AABA", "BBAB")):
        write_quiz(tmp_path / "runs", f"train:x={number}", questions(answers), args={"x": number})
    write_quiz(tmp_path / "runs", "eval:x=9", questions("AABA"), args={"x": 9})
    audit = audit_quiz(tmp_path, revealed={"instances": 1})
    assert "25% of the actuals is determined" in figure(audit)


def audit_sub_splits(root: Path, sub_splits: str) -> Audit:
    """Audit a suite that reveals 3 of 4 questions, with these sub_splits one by one."""
    states = [question(n, "A", sub_split=each) for n, each in enumerate(sub_splits)]
    more = [
        {**stat("exact_match", 1.0), "name": {**stat("exact_match", 1)["name"], "sub_split": each}}
        for each in sorted(set(sub_splits))
    ]
    write_quiz(root / "runs", "train:x=0", questions("ABAB", first=4), args={"x": 0})
    write_quiz(root / "runs", "eval:x=1", states, args={"x": 1}, more_stats=more)
    return audit_quiz(root, revealed={"instances": 3})


def test_a_sub_split_whose_instances_are_all_revealed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="all 1 instances of exact_match split=test sub_split="):
        audit_sub_splits(tmp_path, "abcd")


def test_control_a_sub_split_with_an_instance_that_is_hidden_is_not_determined(
    tmp_path: Path,
) -> None:
    assert "0 targets wholly" in figure(audit_sub_splits(tmp_path, "aaaa"))


def audit_perturbed(root: Path, names: Sequence[str]) -> Audit:
    """Audit a suite that reveals 3 of 4 questions, each with a copy by the named perturbation."""
    states = questions("AABA")
    stats = []
    for number, name in enumerate(names):
        kind = {"name": name, "robustness": True, "fairness": False, "computed_on": "perturbed"}
        copy = question(number, "B", perturbation=kind)
        copy["request"]["prompt"] += f" ({name})"
        states.append(copy)
    for name in sorted(set(names)):
        for computed_on, answers in (("original", "AABA"), ("perturbed", "BBBB")):
            kind = {"name": name, "robustness": True, "fairness": False, "computed_on": computed_on}
            right = [
                float(a == "A") for a, each in zip(answers, names, strict=True) if each == name
            ]
            stats.append(stat("exact_match", sum(right) / len(right), perturbation=kind))
    write_quiz(root / "runs", "train:x=0", questions("ABAB", first=4), args={"x": 0})
    write_quiz(root / "runs", "eval:x=1", states, args={"x": 1}, more_stats=stats)
    return audit_quiz(root, revealed={"instances": 3})


def test_instances_that_a_perturbation_changed_and_that_are_all_revealed_are_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(SuiteError, match="so are those of 5 more targets") as refused:
        audit_perturbed(tmp_path, ["lower", "upper", "typos", "spaces"])
    assert "all 1 instances of exact_match split=test perturbation(" in str(refused.value)


def test_control_a_perturbation_of_an_instance_that_is_hidden_is_not_determined(
    tmp_path: Path,
) -> None:
    assert "0 targets wholly" in figure(audit_perturbed(tmp_path, ["lower"] * 4))


def test_revealed_scores_determine_what_no_completion_does(tmp_path: Path) -> None:
    write_quiz(tmp_path / "runs", "train:m=other", questions("BBAA"), model="demo/other")
    write_quiz(tmp_path / "runs", "eval:m=model", questions("AABA", first=4))
    hidden = {"instances": 2, "completions": False, "gold": False}
    assert figure(audit_quiz(tmp_path, revealed=hidden)).startswith("0% of the actuals")
    shown = {**hidden, "scores": True}
    assert figure(audit_quiz(tmp_path, revealed=shown)).startswith("50% of the actuals")
    with pytest.raises(SuiteError, match=r"all 4 instances of exact_match.* with their scores"):
        audit_quiz(tmp_path, revealed={**shown, "instances": "all"})
