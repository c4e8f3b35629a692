"""Symbols may be reports, suites and what a competition has told; an open one keeps its scores."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from runner.cards.card_file import read_card
from runner.cards.cell_inputs import Evidence
from runner.cards.data_folders import read_data
from runner.cards.evidence import read_evidence
from runner.cards.in_container.frames import Frames, read_frame
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import SuiteError, UsageError
from runner.progress import SILENT
from runner.reports.report_directory import write_evaluation
from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from runner.submissions.told import mark_reports
from runner.suites.suite import Suite
from tests.card_builder import write_card
from tests.evaluation_builder import evaluate_function, off_by, oracle
from tests.suite_builder import shared_suite
from tests.unit.submissions.builder import Clock, scored, submission


@pytest.fixture(scope="module")
def suite() -> Suite:
    division = {"method": "leave_one_out", "by": "run"}
    return shared_suite(runs=3, targets=["exact_match"], division=division)


@pytest.fixture
def results(suite: Suite, tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    write_evaluation(evaluate_function(suite, oracle, "oracle"), folder / "oracle")
    write_evaluation(evaluate_function(suite, off_by(0.25), "off"), folder / "off")
    return folder


def evidence(folder: Path, **symbol: Any) -> Evidence:
    return read_evidence(read_card(write_card(folder, symbols={"x": symbol})), SILENT)


def loaded(found: Evidence, folder: Path) -> Any:
    """Return the symbol as a container's Python has it."""
    for name, content in found.files.items():
        path = folder / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    place = found.symbols["x"]
    inputs = folder / "input"
    return read_frame(inputs / place) if isinstance(place, str) else Frames(inputs, place)


def test_reports_are_one_row_per_image_case_and_target(results: Path, tmp_path: Path) -> None:
    frame = loaded(evidence(tmp_path, reports=str(results)), tmp_path)
    assert isinstance(frame, pd.DataFrame)
    assert not frame.duplicated(["image", "case", "run_spec.name", "stat", "split"]).any()
    assert set(frame["case"]) == {"case-1", "case-2", "case-3"}
    errors = (frame["predicted_mean"] - frame["actual_mean"]).abs().groupby(frame["image"]).mean()
    assert dict(errors) == pytest.approx({"off": 0.25, "oracle": 0.0})
    assert {"budget", "replicate", "sample_mean", "scenario", "model"} <= set(frame.columns)


def test_the_weighted_mean_of_errors_is_the_reports_own_mae(suite: Suite, tmp_path: Path) -> None:
    def wavering(target: Target | InstanceTarget, actual: Stat) -> Stat:
        assert actual.mean is not None
        return target.predicted(actual.mean + (0.1 if "split='test'" in str(target) else 0.3))

    evaluation = evaluate_function(suite, wavering, "wavering")
    write_evaluation(evaluation, tmp_path / "results" / "wavering")
    frame = loaded(evidence(tmp_path, reports=str(tmp_path / "results")), tmp_path)
    mae = (frame["error"].abs() * frame["weight"]).sum() / frame["weight"].sum()
    score = evaluation.report.score("mae")
    assert score is not None
    assert mae == pytest.approx(score.value)
    assert 0.1 < mae < 0.3
    assert (frame["instances"] > 0).all()  # without copies


def test_equal_reports_are_equal_bytes_so_that_finished_cells_are_found(
    results: Path, tmp_path: Path
) -> None:
    found = [evidence(tmp_path, reports=str(results)).files for _ in range(2)]
    assert found[0] == found[1]


def test_a_directory_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no report in it"):
        evidence(tmp_path, reports=str(tmp_path))


def test_reports_of_which_one_can_not_be_read_are_refused(results: Path, tmp_path: Path) -> None:
    (results / "off" / "report.json").write_text("{}")
    with pytest.raises(UsageError, match="1 reports can't be read"):
        evidence(tmp_path, reports=str(results))


def test_a_suite_is_what_the_containers_of_its_cases_see(suite: Suite, tmp_path: Path) -> None:
    frames = loaded(evidence(tmp_path, suite=str(suite.root)), tmp_path)
    assert list(frames) == [case.id for case in suite.cases]
    case = frames["case-1"]
    assert len(case["eval/targets"]) > 0
    assert "stats.mean" in case["train/stats"].columns
    assert "eval/stats" not in case


def test_a_suite_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises((SuiteError, UsageError)):
        evidence(tmp_path, suite=str(tmp_path / "none"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return a ledger of two evaluations a day, with a step of 0.1."""
    made = Ledger(tmp_path / "ledger.jsonl", Clock())
    made.create(Rules(evaluations=2, period_hours=24, step=0.1, seed="s"))
    return made


def test_what_an_open_ledger_has_told_is_evidence(ledger: Ledger, tmp_path: Path) -> None:
    scored(ledger, submission("1"), 0.52)
    scored(ledger, submission("2", submitter="team-b"), 0.31)
    scored(ledger, submission("3", submitter="team-c", suite="t"), 0.95)
    frame = loaded(evidence(tmp_path, told=str(ledger.path)), tmp_path)
    assert frame.to_dict("split")["data"] == [
        ["s", 1, "team-b", 0.4],
        ["s", 2, "team-a", 0.6],
        ["t", 1, "team-c", 0.9],
    ]


def test_a_ledger_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        evidence(tmp_path, told=str(tmp_path / "none"))


@pytest.mark.parametrize("read", ["symbol", "data"])
def test_while_a_ledger_is_open_its_reports_are_no_evidence(
    results: Path, ledger: Ledger, tmp_path: Path, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_reports(results, ledger.path)
    monkeypatch.chdir(tmp_path)

    def use() -> object:
        return read_data(["results"]) if read == "data" else evidence(tmp_path, reports="results")

    with pytest.raises(UsageError, match="only what it has told may be shown"):
        use()
    ledger.close(by="ann", why="the end")
    use()  # the control
