import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from runner.building.demo_suite import unpack_demo_suite
from runner.contract import MetricName, Target
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
from runner.scores.baseline import mean_of_similar

TRAIN = pl.DataFrame(
    {
        "run_spec.name": ["a", "b", "a", "b", "a"],
        "stats.name.name": ["exact_match"] * 4 + ["f1"],
        "stats.name.split": ["test", "test", "valid", "valid", "test"],
        "stats.name.perturbation.name": [None, None, None, "typos", None],
        "stats.mean": [0.2, 0.4, 0.9, 0.7, None],
    }
)


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        (MetricName("exact_match", "test"), 0.3),
        (MetricName("exact_match", "valid"), 0.9),
        (MetricName("exact_match", "valid", perturbation={"name": "typos"}), 0.7),
        (MetricName("exact_match", "train"), pytest.approx((0.2 + 0.4 + 0.9) / 3)),
        (MetricName("f1", "test"), None),
        (MetricName("bleu", "test"), None),
    ],
    ids=str,
)
def test_the_baseline_is_the_mean_of_the_most_similar_train_stats(
    name: MetricName, mean: float | None
) -> None:
    (found,) = mean_of_similar(TRAIN, [Target("eval", name)])
    assert found == (mean if mean is None else pytest.approx(mean))


def test_train_frames_without_means_have_no_baseline() -> None:
    target = Target("eval", MetricName("exact_match"))
    assert mean_of_similar(pl.DataFrame({"run_spec.name": ["a"]}), [target]) == [None]


def image_train_mean() -> ModuleType:
    path = Path(__file__).parents[3] / "images" / "train_mean" / "predictor.py"
    spec = importlib.util.spec_from_file_location("train_mean_image", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_baseline_is_what_the_example_image_predicts(tmp_path: Path) -> None:
    runs = find_runs(unpack_demo_suite(tmp_path))
    train = pl.concat([read_run(run).stats for run in runs[3:30]], how="diagonal_relaxed")
    evaluated = read_run(runs[33]).stats.filter(pl.col("stats.mean").is_not_null())
    targets = [Target.from_row(row) for row in evaluated.iter_rows(named=True)]
    found = mean_of_similar(train, targets)
    similar = image_train_mean().similar_stats
    in_pandas = train.to_pandas()
    compared = 0
    for target, mean in zip(targets, found, strict=True):
        rows = similar(in_pandas, target)
        assert mean == pytest.approx(rows["stats.mean"].mean()) if len(rows) else mean is None
        compared += len(rows) > 0
    assert compared > 50


@pytest.mark.parametrize("prob", [["high", "low"], [True, None], [None, None]])
def test_a_field_of_another_type_in_the_train_stats_is_like_no_target(prob: list[object]) -> None:
    train = pl.DataFrame(
        {
            "stats.name.name": ["exact_match"] * 2,
            "stats.name.perturbation.prob": prob,
            "stats.mean": [0.2, 0.4],
        }
    )
    name = MetricName("exact_match", perturbation={"prob": 0.5})
    assert mean_of_similar(train, [Target("eval", name)]) == [pytest.approx(0.3)]
