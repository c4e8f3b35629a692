"""docs/architecture.md names what there is, and its table is what the code keeps to."""

import re
from collections.abc import Set as AbstractSet
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
GROUND = {
    "errors",
    "interrupts",
    "untrusted",
    "text_tables",
    "progress",
    "processes",
    "code_version",
}
ROWS = re.findall(r"^\| `(\w+)` \| .+? \| (.+?) \|$", PAGE, re.MULTILINE)


def allowed_imports() -> dict[str, set[str]]:
    """Return what each folder may import by the table, from the first row to the last."""
    allowed: dict[str, set[str]] = {}
    for folder, words in ROWS:
        named = set(re.findall(r"`(\w+)`", words))
        allowed[folder] = set(allowed) - named if words.startswith("all above") else named
    return allowed


def imports() -> dict[str, set[str]]:
    """Return which others of runner/ each of its folders imports, also within functions."""
    graph = grimp.build_graph("runner", exclude_type_checking_imports=True, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in graph.modules - {"runner"}:
        imported = graph.find_modules_directly_imported_by(module) - {"runner"}
        found.setdefault(folder_of(module), set()).update(map(folder_of, imported))
    return {folder: imported - {folder} for folder, imported in found.items()}


def folder_of(module: str) -> str:
    return module.split(".")[1]


IMPORTS = imports()
ALLOWED = allowed_imports()


def unknown_paths(text: str) -> list[str]:
    """Return the paths in backticks that are neither in the checkout nor in runner/."""
    named = [name for name in re.findall(r"`([\w./]+)`", text) if re.search(r"/|\.\w+$", name)]
    tops = (ROOT, ROOT / "runner")
    return [path for path in named if not any((top / path).exists() for top in tops)]


def test_every_path_that_the_page_names_exists() -> None:
    assert unknown_paths(PAGE) == []


def test_control_a_path_that_is_not_there_is_told() -> None:
    assert unknown_paths("`scores/gate.py` `scores/none.py` `nowhere/`") == [
        "scores/none.py",
        "nowhere/",
    ]


def test_every_folder_has_a_row() -> None:
    folders = {path.parent.name for path in (ROOT / "runner").glob("*/__init__.py")}
    assert folders <= set(ALLOWED)


def forbidden(folder: str, imported: AbstractSet[str]) -> set[str]:
    return set(imported) - ALLOWED[folder] - GROUND


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_only_what_its_row_names(folder: str) -> None:
    assert forbidden(folder, IMPORTS[folder]) == set()


@pytest.mark.parametrize(
    ("folder", "imported"), [("scores", "suites"), ("evaluation", "leaderboard"), ("pages", "cli")]
)
def test_control_an_import_that_no_row_names_is_told(folder: str, imported: str) -> None:
    assert forbidden(folder, {imported, "errors", "contract"}) == {imported}


@pytest.mark.parametrize("module", sorted(GROUND))
def test_the_ground_imports_nothing_of_the_runner(module: str) -> None:
    assert IMPORTS.get(module, set()) <= GROUND
