"""What is added to an error of the engine's builder."""

import pytest

from runner.authoring.build_advice import advise_on_build

MISSING = (
    "mine can't be built: COPY failed: file not found in build context or excluded by "
    ".dockerignore: stat {}: file does not exist\nStep 1/2 : FROM a"
)


@pytest.mark.parametrize("name", ["node_modules/", "node_modules/hyparquet"])
def test_packages_of_node_that_are_missing_are_fetched_before_the_build(name: str) -> None:
    assert "run `npm ci --ignore-scripts` in the folder" in advise_on_build(MISSING.format(name))


def test_packages_of_python_that_are_missing_are_named_in_requirements_txt() -> None:
    shown = advise_on_build(MISSING.format("packages/duckdb_cli/duckdb"))
    assert "what requirements.txt names: name the package there that has duckdb_cli/duckdb" in shown
    assert advise_on_build(MISSING.format("packages/")).endswith("that has the files.")


def test_another_file_that_is_missing_is_named() -> None:
    shown = advise_on_build(MISSING.format("models/"))
    assert shown == "\nThe folder has no models, or .dockerignore names it."


@pytest.mark.parametrize("said", ["mine can't be built: returned a non-zero code: 1", ""])
def test_control_of_other_errors_nothing_is_said(said: str) -> None:
    assert advise_on_build(said) == ""
