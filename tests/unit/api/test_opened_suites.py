"""Suites and cases as objects."""

import gc
from pathlib import Path

import pytest

import runner
from tests.helm_builder import write_suite
from tests.suite_builder import WARN_ONLY


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> runner.OpenedSuite:
    path = tmp_path_factory.mktemp("suite")
    spec = {"name": "v1", "version": "1", "helm_runs": [str(write_suite(path))], **WARN_ONLY}
    return runner.build_suite(spec, path / "v1")


def test_a_suite_is_opened_by_its_path_with_its_cases(suite: runner.OpenedSuite) -> None:
    again = runner.open_suite(suite.suite.root)
    assert (again.name, again.version, again.digest) == (suite.name, "1", suite.digest)
    assert [case.id for case in again.cases] == [case.id for case in suite.cases]


def test_a_case_has_the_frames_that_a_container_sees(suite: runner.OpenedSuite) -> None:
    case = suite.cases[0]
    assert {"train/run_specs", "train/stats", "eval/run_specs", "eval/targets"} <= set(case.inputs)
    assert len(case.inputs["eval/targets"]) == len(case.targets)
    assert list(case.inputs["train/run_specs"]["run_spec.name"]) == list(case.train_runs)
    assert not set(case.inputs["train/run_specs"]["run_spec.name"]) & set(case.eval_runs)


def test_helm_runs_are_opened_and_their_suite_goes_away_with_the_block(tmp_path: Path) -> None:
    with runner.open_suite(write_suite(tmp_path), train_runs=1) as opened:
        root = opened.suite.root
        assert opened.version == "unsaved"
        assert len(opened.cases[0].train_runs) == 1
        assert root.is_dir()
    assert not root.exists()


def test_what_was_made_for_a_suite_goes_away_with_the_object(tmp_path: Path) -> None:
    opened = runner.open_suite(write_suite(tmp_path))
    root = opened.suite.root
    case = opened.cases[0]
    del opened
    gc.collect()
    assert root.is_dir()  # control: a case holds its suite
    del case
    gc.collect()
    assert not root.exists()


def test_a_built_suite_on_disk_stays(suite: runner.OpenedSuite) -> None:
    with runner.open_suite(suite.suite.root):
        pass
    assert suite.suite.root.is_dir()


def test_errors_are_those_of_the_command_line(suite: runner.OpenedSuite, tmp_path: Path) -> None:
    with pytest.raises(runner.SuiteError):
        runner.open_suite(tmp_path / "nowhere")
    with pytest.raises(runner.UsageError, match="frozen"):
        runner.open_suite(suite.suite.root, train_runs=1)


def test_suites_and_cases_show_themselves_in_a_notebook(suite: runner.OpenedSuite) -> None:
    assert "<td>case-1</td>" in suite._repr_html_()
    assert "<td>train/stats</td>" in suite.cases[0]._repr_html_()
    assert "v1" in repr(suite)
    assert "case-1" in repr(suite.cases[0])


@pytest.mark.parametrize("seed", [b"1", "1", 1.5, Path("1")])
def test_a_seed_that_is_no_number_is_refused(suite: runner.OpenedSuite, seed: object) -> None:
    (case, *_) = suite.cases
    with pytest.raises(runner.UsageError, match=r"stage: seed should be"):
        case.stage(seed)  # type: ignore[arg-type]
    assert case.stage(3).files  # the control
