"""What the page on budgets measures, on runs small enough to be known by hand."""

from types import ModuleType

import pytest
import yaml

from runner.reports.report import Report
from runner.suites.spec_file import make_spec
from tests.docs_scripts import DOCS, load_script, measured_part
from tests.helm_builder import request_state, run_files, stat, write_run

IDS = [f"id{number}" for number in range(8)]
TRIED = ("scenario_mean", "sample_mean", "shrunk_mean", "aipw")
"""Each takes a second; tests of the gallery have the others."""


@pytest.fixture(scope="module")
def budgets() -> ModuleType:
    module = load_script("budgets")
    module.TRAIN_RUNS = 6  # type: ignore[attr-defined]
    return module


@pytest.fixture(scope="module")
def methods(budgets: ModuleType) -> list[str]:
    """Return the methods of the page; the tests' own report has fewer."""
    every = list(budgets.METHODS)
    budgets.METHODS = TRIED  # type: ignore[attr-defined]
    return every


@pytest.fixture(scope="module")
def reports(
    budgets: ModuleType, methods: list[str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Report]:
    """Return the reports on runs whose every score is the model's number in tenths."""
    assert set(methods) > set(TRIED)
    root = tmp_path_factory.mktemp("runs")
    for subject in ("a", "b"):
        for model in range(4):
            name = f"mmlu:subject={subject},model=m{model}"
            mean = model / 10
            entries = [
                {"instance_id": each, "train_trial_index": 0, "stats": [stat("exact_match", mean)]}
                for each in IDS
            ]
            files = run_files(
                name,
                stats=[stat("exact_match", mean)],
                request_states=[request_state(each) for each in IDS],
                per_instance_stats=entries,
            )
            files["run_spec.json"]["adapter_spec"]["model"] = f"m{model}"
            files["run_spec.json"]["scenario_spec"]["args"] = {"subject": subject}
            write_run(root / "runs", name, files)
    found: dict[str, Report] = budgets.measure(budgets.build(str(root / "runs"), root, 1))
    return found


def curve(report: Report) -> list[float]:
    values = [score.value for score in report.budget_curve("mae")]
    assert None not in values
    return [value for value in values if value is not None]


def test_what_looks_at_no_instance_has_a_flat_line(reports: dict[str, Report]) -> None:
    flat = curve(reports["scenario_mean"])
    assert flat == pytest.approx([flat[0]] * 5)
    assert flat[0] > 0.01


def test_all_begin_as_the_train_mean_and_gain_by_what_is_revealed(
    reports: dict[str, Report],
) -> None:
    first = curve(reports["scenario_mean"])[0]
    for name in ("sample_mean", "shrunk_mean", "aipw"):
        found = curve(reports[name])
        assert found[0] == pytest.approx(first)
        assert found == sorted(found, reverse=True)
        assert found[-1] < first / 2


def test_one_instance_tells_all_where_every_score_is_the_same(reports: dict[str, Report]) -> None:
    assert curve(reports["sample_mean"])[1:] == pytest.approx([0] * 4)


def test_the_table_and_the_plot_have_every_predictor(
    budgets: ModuleType, reports: dict[str, Report]
) -> None:
    lines = budgets.table(reports).splitlines()
    assert lines[0] == "| baseline | 0 | 1 | 2 | 4 | 8 | area |"
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines[2:]] == list(reports)
    assert all(name in budgets.plot(reports) for name in reports)
    assert lines[2].split(" | ")[-1] != "- |"


def test_the_page_has_the_table_and_the_plot_of_every_predictor(
    budgets: ModuleType, methods: list[str], reports: dict[str, Report]
) -> None:
    page = (DOCS / "budgets.md").read_text()
    shown = measured_part(DOCS / "budgets.md").splitlines()
    assert shown[:2] == budgets.table(reports).splitlines()[:2]
    assert [line.split(" | ")[0].removeprefix("| ") for line in shown[2:]] == methods
    plot = (DOCS / "budgets.svg").read_text()
    assert all(name in plot for name in methods)
    spec = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    assert spec["revealed"] == {"instances": list(budgets.BUDGETS), "scores": True}
    assert spec["division"]["replicates"] == budgets.REPLICATES
    make_spec(spec, "the page")
