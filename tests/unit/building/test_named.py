from pathlib import Path

from runner.building.demo_suite import unpack_demo_suite
from runner.building.draw import Draw
from runner.building.named import opened_suite
from tests.suite_builder import Said

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
