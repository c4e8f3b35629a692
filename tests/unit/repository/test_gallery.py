"""The gallery's methods, on tables whose answer is known."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from runner.contract.__main__ import load_predictor
from runner.contract.predictor import Case, run_predictor
from runner.output.predictions import read_predictions
from runner.suites.staging import StagedInputs
from tests.helm_builder import run_files, write_run
from tests.suite_builder import build_unaudited, stage

IMAGES = Path(__file__).parents[3] / "images"
MODELS = ("demo/a-1b", "demo/a-10b", "demo/b-1b", "demo/b-10b")
METHODS = (
    "sample_mean",
    "shrunk_mean",
    "ridge",
    "aipw",
    "p_irt",
    "gp_irt",
    "nearest_models",
    "low_rank",
    "anchor_points",
    "scaling",
)
MOST_LINES = 120


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(IMAGES / "items")


def method(name: str) -> Any:
    module = load(IMAGES / name / "predictor.py")
    (found,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    )
    return found()


def make_problem(
    abilities: np.ndarray, own: float, shown: int, *, scenarios: int = 6, items: int = 40
) -> tuple[Any, float]:
    """Return a problem of a model whose items follow its ability, and the true mean of its run.

    Args:
        shown: how many items of each scenario are revealed.
    """
    from problem import Problem  # noqa: PLC0415  (of the image)

    rng = np.random.default_rng(5)
    columns = pd.MultiIndex.from_product([[f"s{n}" for n in range(scenarios)], range(items)])
    hard = np.repeat(np.linspace(-1, 1, scenarios), items) + rng.normal(0, 1, len(columns))
    draws = rng.logistic(0, 0.5, (len(abilities) + 1, len(columns)))
    scores = (np.append(abilities, own)[:, None] - hard + draws > 0).astype(float)
    train = pd.DataFrame(scores[:-1], index=list(MODELS[: len(abilities)]), columns=columns)
    of_model = pd.Series(scores[-1], columns)
    revealed = of_model[columns.get_level_values(1) < shown]
    means = train.T.groupby(level=0).mean().T
    truth = float(of_model["s2"].mean())
    return Problem("s2", "demo/a-100b", train, revealed, means), truth


ABILITIES = np.array([-1.5, -0.5, 0.0, 1.0])


@pytest.mark.parametrize("name", sorted({*METHODS} - {"scaling", "nearest_models", "ridge"}))
def test_with_all_items_revealed_the_mean_is_known(name: str) -> None:
    problem, truth = make_problem(ABILITIES, 0.5, shown=40)
    mean, _ = method(name).estimate(problem)
    # A table of low rank is no copy of what it fits.
    assert mean == pytest.approx(truth, abs=0.1 if name == "low_rank" else 1e-9)


@pytest.mark.parametrize("name", ["p_irt", "gp_irt", "low_rank", "aipw", "shrunk_mean"])
def test_with_two_items_of_each_scenario_methods_are_nearer_than_the_sample(name: str) -> None:
    errors: dict[str, list[float]] = {"sample_mean": [], name: []}
    for own in (-1.0, -0.3, 0.4, 1.2):
        problem, truth = make_problem(ABILITIES, own, shown=2)
        for each, of_method in errors.items():
            of_method.append(abs(method(each).estimate(problem)[0] - truth))
    assert np.mean(errors[name]) < np.mean(errors["sample_mean"])


@pytest.mark.parametrize("name", ["p_irt", "gp_irt", "low_rank"])
def test_what_was_found_for_one_case_is_not_used_for_the_next(name: str) -> None:
    same = method(name)
    for step in range(4):
        problem, _ = make_problem(ABILITIES + step / 2, 0.4, shown=4, scenarios=3, items=12)
        assert same.estimate(problem) == method(name).estimate(problem)


@pytest.mark.parametrize("name", ["p_irt", "gp_irt", "low_rank"])
def test_control_what_is_kept_for_no_case_in_particular_is_used_for_the_next(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = method(name)
    of_low_rank = type(same).estimate.__globals__
    keeper = of_low_rank if name == "low_rank" else vars(sys.modules["irt"])
    monkeypatch.setitem(keeper, "id", lambda _: 0)
    first, other = (
        make_problem(ABILITIES + step, 0.4, shown=4, scenarios=3, items=12)[0] for step in (0, 2)
    )
    same.estimate(first)
    assert same.estimate(other) != method(name).estimate(other)


def test_a_line_over_sizes_goes_on() -> None:
    from problem import Problem  # noqa: PLC0415  (of the image)
    from scipy.special import expit  # noqa: PLC0415

    sizes = np.array([9.0, 10.0])
    names = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"]
    means = pd.DataFrame(
        [expit(np.linspace(-1, 1, 8) + size - 9.5) for size in sizes], MODELS[:2], names
    )
    none = pd.Series(dtype=float, index=pd.MultiIndex.from_tuples([], names=["scenario", "item"]))
    problem = Problem("s3", "demo/a-100b", pd.DataFrame(columns=none.index), none, means)
    mean, _ = method("scaling").estimate(problem)
    assert mean == pytest.approx(expit(np.linspace(-1, 1, 8)[3] + 1.5), abs=0.06)


@pytest.mark.parametrize(
    ("name", "size"),
    [("meta/llama-3-8b", 9.9), ("x/pythia-160m", 8.2), ("o/gpt-4", None), ("a/b-0b", None)],
)
def test_a_size_is_read_from_a_name(name: str, size: float | None) -> None:
    found = load(IMAGES / "scaling" / "predictor.py").find_size(name)
    assert found == (None if size is None else pytest.approx(size, abs=0.05))


@pytest.mark.parametrize("name", ["p_irt", "gp_irt"])
def test_a_stddev_by_item_response_theory_falls_with_what_is_revealed(name: str) -> None:
    few, many = (
        method(name).estimate(make_problem(ABILITIES, 0.4, shown=shown)[0])[1] for shown in (4, 30)
    )
    assert 0 < many < few < 0.3


def test_a_stddev_of_the_sample_mean_covers_its_error() -> None:
    covered = 0
    for seed in range(60):
        problem, truth = make_problem(ABILITIES, -1 + seed / 30, shown=8)
        mean, stddev = method("sample_mean").estimate(problem)
        covered += abs(mean - truth) <= 2 * stddev
    assert covered >= 54


@pytest.fixture(scope="module")
def with_scores(tmp_path_factory: pytest.TempPathFactory) -> StagedInputs:
    """Return the inputs of a case that reveals scores: three models, two scenarios."""
    root = tmp_path_factory.mktemp("suite")
    for model in MODELS[:3]:
        for scenario in ("one", "two"):
            files = run_files(f"{scenario}:model={model.replace('/', '_')}")
            files["run_spec.json"]["adapter_spec"]["model_deployment"] = model
            files["run_spec.json"]["scenario_spec"]["args"] = {"subject": scenario}
            write_run(root / "runs", files["run_spec.json"]["name"], files)
    fields: dict[str, Any] = {
        "division": {"method": "explicit", "cases": [{"train": ["*1b"], "eval": ["*a-10b"]}]},
        "revealed": {"instances": 1, "scores": True},
    }
    return stage(build_unaudited(root / "runs", root / "suite", **fields))


@pytest.mark.parametrize("name", METHODS)
def test_every_target_of_a_suite_that_reveals_scores_is_predicted(
    with_scores: StagedInputs, tmp_path: Path, name: str
) -> None:
    for file, content in with_scores.files.items():
        path = tmp_path / "input" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    case = Case(tmp_path / "input")
    assert case.eval_per_instance_stats_df is not None
    predictor = load_predictor(str(IMAGES / name / "predictor.py"))
    run_predictor(predictor, tmp_path / "input", tmp_path)
    content = (tmp_path / "predictions.json").read_bytes()
    assert len(read_predictions(content, case.targets).stats) == len(case.targets)


@pytest.mark.parametrize("name", METHODS)
def test_each_method_cites_its_source(name: str) -> None:
    text = (IMAGES / name / "predictor.py").read_text()
    assert name == "sample_mean" or "Source: " in text


@pytest.mark.parametrize("name", ["items", *METHODS])
def test_each_file_of_an_image_is_short(name: str) -> None:
    lengths = {
        path.name: len(path.read_text().splitlines()) for path in IMAGES.joinpath(name).glob("*.py")
    }
    assert lengths
    assert all(length < MOST_LINES for length in lengths.values()), lengths
