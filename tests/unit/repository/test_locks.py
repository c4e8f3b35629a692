"""The lock of the runner's own image has all that pyproject.toml asks for; `make lock` makes it."""

import re
import tomllib
from pathlib import Path

from runner.authoring.image_packages import base_pins

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements" / "runner.lock").read_text()


def test_every_dependency_of_the_runner_is_in_its_images_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[^\w-]", dependency)[0] for dependency in project["dependencies"]]
    assert "click" in names
    assert [name for name in names if not re.search(rf"^{name}==", LOCK, re.MULTILINE)] == []


def pins(name: str) -> set[str]:
    text = (ROOT / "requirements" / name).read_text()
    return set(re.findall(r"^\S+==\S+", text, re.MULTILINE))


def test_a_user_has_the_versions_that_developers_test_and_not_their_tools() -> None:
    assert pins("user.lock") < pins("dev.lock")
    names = {pin.partition("==")[0] for pin in pins("user.lock")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["html"]
    assert {re.split(r"[^\w-]", dependency)[0] for dependency in needed} <= names
    assert not names & {"pytest", "ray", "playwright", "mypy"}


def test_the_actions_lock_has_the_runners_pins_and_what_pages_need() -> None:
    more = pins("action.lock") - pins("runner.lock")
    assert pins("runner.lock") <= pins("action.lock")
    assert {"jinja2", "vl-convert-python"} <= {pin.partition("==")[0] for pin in more}


def test_what_the_base_image_has_is_locked_to_the_same_version() -> None:
    """Else the runner's image would bring pandas and pyarrow a second time."""
    assert {pin for pin in base_pins() if pin.startswith(("pandas", "pyarrow", "numpy"))}
    assert [pin for pin in base_pins() if f"{pin} " not in LOCK] == []
