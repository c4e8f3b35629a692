"""The variables of a Dockerfile, without an image."""

from pathlib import Path

import pytest

from runner.authoring.trial_variables import image_variables


def variables(folder: Path, dockerfile: str) -> dict[str, str]:
    (folder / "Dockerfile").write_text(dockerfile)
    return image_variables(folder, Path("/copy"))


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM x\nENV A=1 B='two words'\n", {"A": "1", "B": "two words"}),
        ("ENV HF_HOME=/opt/predictor/hf\n", {"HF_HOME": "/copy/hf"}),
        ("ENV A=1 \\\n  B=2\n", {"A": "1", "B": "2"}),
        ("ENV OLD the old form\n", {"OLD": "the old form"}),
        ("ENV A=1\nENV A=2\n", {"A": "2"}),
        ("ENV A=$B:/x\nRUN echo ENV C=1\n# ENV D=1\n", {}),
        ("ENV A='not ended\n", {}),
    ],
)
def test_env_lines_are_read_as_docker_reads_them(
    tmp_path: Path, dockerfile: str, expected: dict[str, str]
) -> None:
    assert variables(tmp_path, dockerfile) == expected


def test_a_folder_without_a_dockerfile_sets_none(tmp_path: Path) -> None:
    assert image_variables(tmp_path, Path("/copy")) == {}
