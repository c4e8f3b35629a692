"""Suites that reveal the scores of the revealed instances, and of no others."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.building import draws, make_runs
from runner.contract import layout
from runner.contract.predictor import Case
from runner.errors import SuiteError
from runner.helm_outputs.column_names import STATE_INSTANCE_ID
from runner.helm_outputs.runs import find_runs
from runner.suites import reveal
from runner.suites.reveal import Reveal, make_reveals, reveal_scores
from runner.suites.spec_file import make_spec
from runner.suites.suite import Suite
from tests.helm_builder import Json, request_state, run_files, stat, write_run
from tests.suite_builder import build, eval_part, stage, staged_frame

SCORES = {"instances": 2, "scores": True}
TYPOS = {"name": "typos", "robustness": True, "fairness": False, "prob": 0.5}
IDS = [f"id{number}" for number in range(5)]


def entries() -> list[Json]:
    """Return per-instance stats; id4 alone has a perturbed copy, and a stat of its own."""
    found: list[Json] = [
        {
            "instance_id": instance_id,
            "train_trial_index": 0,
            "stats": [stat("exact_match", number / 8), stat("judge", number / 4)],
        }
        for number, instance_id in enumerate(IDS)
    ]
    found[4]["perturbation"] = TYPOS
    found[4]["stats"].append(stat("odd", 1.0, perturbation=TYPOS))
    return found


def made(root: Path, **fields: Any) -> Suite:
    for number in range(4):
        name = f"a:x={number}"
        states = [request_state(instance_id) for instance_id in IDS]
        files = run_files(name, request_states=states, per_instance_stats=entries())
        write_run(root / "runs", name, files)
    return build(root / "runs", root / "suite", **{"revealed": SCORES, **fields})


def test_the_scores_are_those_of_the_revealed_instances_alone(tmp_path: Path) -> None:
    suite = made(tmp_path)
    revealed = set(eval_part(suite, layout.EVAL_SCENARIO_STATES)[STATE_INSTANCE_ID])
    scores = staged_frame(suite, layout.EVAL_PER_INSTANCE_STATS)
    rows = scores.select(layout.INSTANCE_ID, "per_instance_stats.stats.mean").rows()
    wanted = [(e["instance_id"], s["mean"]) for e in entries() for s in e["stats"]]
    assert rows == [(name, mean) for name, mean in wanted if name in revealed]
    assert len(revealed) == 2


def test_no_column_tells_what_only_other_instances_have(tmp_path: Path) -> None:
    made(tmp_path)
    (run,) = find_runs(str(tmp_path / "runs"))[:1]
    assert not [c for c in reveal_scores(run, IDS[:2]).columns if "perturbation" in c]
    assert [c for c in reveal_scores(run, IDS[4:]).columns if "perturbation" in c]  # the control


def test_the_frame_is_that_of_the_train_side(tmp_path: Path) -> None:
    suite = made(tmp_path, revealed={"instances": "all", "scores": True})
    shown = staged_frame(suite, layout.EVAL_PER_INSTANCE_STATS)
    train = staged_frame(suite, layout.TRAIN_PER_INSTANCE_STATS)
    assert shown.schema == train.schema
    assert shown.height * 3 == train.height


def test_a_predictor_gets_them_as_a_frame_and_in_the_runs(tmp_path: Path) -> None:
    for shows, folder in ((True, tmp_path / "shown"), (False, tmp_path / "hidden")):
        suite = made(folder, revealed={"instances": 2, "scores": shows})
        for path, content in stage(suite).files.items():
            (folder / "input" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "input" / path).write_bytes(content)
        case = Case(folder / "input")
        assert (case.eval_per_instance_stats_df is not None) is shows
        (run,) = case.eval_runs
        assert ("per_instance_stats" in run) is shows


def test_a_score_of_another_instance_is_found_by_the_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / "clean")

    def leaking(runs: Any, ids: Any, revealed: Any, targets: Any) -> list[Reveal]:
        return [
            replace(reveal, scores=reveal_scores(run, [*reveal.instance_ids, *IDS[:3]]))
            for (run, _), reveal in zip(
                runs, make_reveals(runs, ids, revealed, targets), strict=True
            )
        ]

    for module in (make_runs, draws):
        monkeypatch.setattr(module, "make_reveals", leaking)
    with pytest.raises(SuiteError, match=r"eval/per_instance_stats.*only withheld values"):
        made(tmp_path / "leaking")


def test_a_column_of_an_entry_that_helm_adds_later_stays_withheld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [{**entry, "annotations": [{"score": 0.5}]} for entry in entries()]
    write_run(tmp_path / "runs", "a:x=9", run_files("a:x=9", per_instance_stats=later))
    (run,) = find_runs(str(tmp_path / "runs"))[:1]
    assert not [c for c in reveal_scores(run, IDS).columns if "annotations" in c]
    monkeypatch.setattr(reveal, "choose_columns", lambda frame, allowed: frame)
    assert [c for c in reveal_scores(run, IDS).columns if "annotations" in c]  # the control


def test_scores_are_not_revealed_of_what_is_to_be_predicted() -> None:
    fields = {"name": "a", "version": "1", "helm_runs": ["runs"], "revealed": SCORES}
    said = "revealed.scores: shows the stats that instance_targets asks to predict"
    with pytest.raises(SuiteError, match=re.escape(said)):
        make_spec({**fields, "instance_targets": ["exact_match"]}, "the test")
    assert make_spec(fields, "the test").revealed.scores  # the control
