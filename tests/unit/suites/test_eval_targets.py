"""The targets of an eval run: their keys, in an order that tells nothing, and their actuals."""

from pathlib import Path

from runner.contract import InstanceTarget, MetricName, layout
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_targets
from tests.helm_builder import Json, run_files, stat, write_run
from tests.suite_builder import build_unaudited, eval_part, stage, staged_frame

EVAL_RUN = "demo:subject=1,model=demo/model"
"""The eval run of a draw of two train runs from the three."""


def stats_suite(root: Path, stats: list[Json]) -> Suite:
    """Return a suite whose eval run has these stats."""
    for subject in (0, 1, 2):
        name = f"demo:subject={subject},model=demo/model"
        own = {"stats": stats} if name == EVAL_RUN else {}
        write_run(root / "runs", name, run_files(name, **own))
    suite = build_unaudited(
        root / "runs", root / "suite", division={"method": "sampled", "train_runs": 2}
    )
    assert [run.name for run in suite.cases[0].eval_runs] == [EVAL_RUN]
    return suite


def test_targets_are_ordered_by_their_keys_whatever_helms_order_is(tmp_path: Path) -> None:
    splits = ("valid", "test", "other")
    stats = [stat("exact_match", number, split=split) for number, split in enumerate(splits)]
    one, other = stats_suite(tmp_path / "a", stats), stats_suite(tmp_path / "b", stats[::-1])
    assert eval_part(one, layout.EVAL_TARGETS)["stats.name.split"].to_list() == sorted(splits)
    assert stage(one).files == stage(other).files


def test_stats_that_are_no_targets_do_not_show_in_the_targets_types(tmp_path: Path) -> None:
    def stats(others: float) -> list[Json]:
        target = stat("exact_match", 0.5, perturbation={"name": "typos", "prob": 1})
        return [target, stat("other", 0.5, perturbation={"name": "typos", "prob": others})]

    one, other = stats_suite(tmp_path / "a", stats(2)), stats_suite(tmp_path / "b", stats(0.25))
    assert stage(one).files == stage(other).files


def test_instance_targets_are_the_stats_of_the_revealed_instances(tmp_path: Path) -> None:
    entries = [
        {
            "instance_id": f"id{number}",
            "train_trial_index": 0,
            "stats": [stat("exact_match", number / 4), stat("num_bytes", 9.0)],
        }
        for number in range(4)
    ]
    for number in range(4):
        name = f"a:x={number}"
        write_run(tmp_path / "runs", name, run_files(name, per_instance_stats=entries))
    targets = [{"stat": "exact_match", "split": "test"}]
    suite = build_unaudited(tmp_path / "runs", tmp_path / "suite", instance_targets=targets)
    (case,) = suite.cases
    run = case.eval_runs[0].name
    revealed = eval_part(suite, layout.EVAL_SCENARIO_STATES)[
        "scenario_state.request_states.instance.id"
    ].to_list()
    actuals = suite.actuals(case).instance_stats
    assert {(target.instance_id, actual.mean) for target, actual in actuals.items()} == {
        (instance_id, int(instance_id[2:]) / 4) for instance_id in revealed
    }
    metric = MetricName("exact_match", "test")
    assert set(actuals) == {InstanceTarget(run, each, 0, metric) for each in revealed}
    rows = staged_frame(suite, "eval/instance_targets.parquet").iter_rows(named=True)
    assert [InstanceTarget.from_row(row) for row in rows] == list(actuals)
    assert read_targets(suite, case) == suite.actuals(case).targets
    assert case.wanted_files == ("predictions.json", "instance_predictions.json")
