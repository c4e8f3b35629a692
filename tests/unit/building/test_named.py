from pathlib import Path

import pytest

from runner.building.demo_suite import unpack_demo_suite
from runner.building.draw import Draw
from runner.building.named import opened_suite
from runner.errors import SuiteError
from tests.helm_builder import write_suite
from tests.suite_builder import Said, build

ALL_INSTANCES = Draw(eval_samples=1000)


def warned(name: str) -> list[str]:
    """Return the warnings that an author sees where every instance of the eval run is revealed."""
    said = Said()
    with opened_suite(name, None, ALL_INSTANCES, said):
        return [line for line in said.lines if line.startswith("warning: ")]


def test_the_demo_warns_its_users_of_nothing() -> None:
    assert warned("demo") == []


def test_control_the_same_runs_of_ones_own_are_warned_of(tmp_path: Path) -> None:
    assert "Reveal fewer instances" in warned(str(unpack_demo_suite(tmp_path)))[0]


def refusal(name: str) -> str:
    with pytest.raises(SuiteError) as error, opened_suite(name, None, Draw()):
        pass
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "near"), [("mmluu", "mmlu"), ("suites/mmluu", "suites/mmlu"), ("dmeo", "demo")]
)
def test_a_misspelt_suite_names_the_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, near: str
) -> None:
    build(write_suite(tmp_path), tmp_path / "suites" / "mmlu")
    monkeypatch.chdir(tmp_path)
    assert f"{name}: no such file or directory, and no suite of this name" in refusal(name)
    assert f"Did you mean {near}?" in refusal(name)
    assert "Did you mean" not in refusal("hellaswag")  # control: nothing is near


def test_control_a_suite_that_is_there_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(write_suite(tmp_path), tmp_path / "suites" / "mmlu")
    monkeypatch.chdir(tmp_path)
    with opened_suite("mmlu", None, Draw()) as opened:
        assert opened.name == "v1"


@pytest.mark.parametrize(
    ("folder", "name"),
    [("v1", "v1"), ("our runs", "our_runs"), ("n" * 120, "n" * 100), ("\u00fc", "runs")],
)
def test_runs_below_a_folder_of_any_name_are_a_suite(
    tmp_path: Path, folder: str, name: str
) -> None:
    runs = write_suite(tmp_path, folder)
    with opened_suite(str(runs), None, Draw()) as opened:
        assert opened.name == name
    with opened_suite(folder, tmp_path / "benchmark_output", Draw()) as opened:
        assert opened.name == name
