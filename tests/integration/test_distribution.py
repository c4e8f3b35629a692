"""The wheel in an empty environment, no checkout near: from `runner init` to a score and a page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.images import OWN

ROOT = Path(__file__).parents[2]
SUPPORTED = ("3.11", "3.12", "3.13")
OURS = f"{sys.version_info.major}.{sys.version_info.minor}"


def find_python(version: str) -> str | None:
    """Return this machine's Python of a version: on the path, or one of pyenv's."""
    of_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin"))
    path = os.pathsep.join([*map(str, of_pyenv), os.environ["PATH"]])
    command = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", version]
    environment = {**os.environ, "PATH": path}
    environment.pop("VIRTUAL_ENV", None)
    found = subprocess.run(
        command, env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else None


PYTHONS = {version: found for version in SUPPORTED if (found := find_python(version)) is not None}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    subprocess.run([ROOT / "setup" / "dist.sh", directory], check=True)
    (made,) = directory.glob("*.whl")
    return made


TRIED = [
    pytest.param(version, marks=() if version == OURS else pytest.mark.long) for version in PYTHONS
]


@pytest.fixture(scope="module", params=TRIED)
def environment(
    wheel: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return an environment that has the wheel and what it needs, and nothing else."""
    made = tmp_path_factory.mktemp("environment") / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "-p", PYTHONS[request.param], made], cwd="/", check=True)
    install(made, str(wheel))
    return made


def install(environment: Path, asked: str) -> None:
    """Install a wheel and what it needs."""
    python = str(environment / "bin" / "python")
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "-p", python, asked]
    subprocess.run(command, cwd="/", check=True)


def run(environment: Path, directory: Path, *command: str) -> str:
    """Run a command of the environment, with nothing of this one, and return what it printed."""
    kept = {name: os.environ[name] for name in ("DOCKER_HOST", "HOME") if name in os.environ}
    ended = subprocess.run(
        [environment / "bin" / command[0], *command[1:]],
        cwd=directory,
        env={**kept, "PATH": f"{environment / 'bin'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_wheel_alone_goes_from_an_empty_folder_to_a_score_and_a_page(
    environment: Path, wheel: Path, tmp_path: Path
) -> None:
    """Text needs no extra; pages do."""
    image = OWN.name("my-predictor-of-the-wheel")
    run(environment, tmp_path, "runner", "build", "--base", "-t", "runner-base")
    run(environment, tmp_path, "runner", "init", "mine")
    run(environment, tmp_path, "runner", "build", "mine", "-t", image)
    assert "MAE" in run(environment, tmp_path, "runner", "evaluate", image, "--suite", "demo")
    (report,) = (tmp_path / "results").glob("*/*/report.json")
    assert "MAE" in run(environment, tmp_path, "runner", "report", str(report.parent))
    assert "MAE" in run(environment, tmp_path, "runner", "leaderboard", "results")
    page = ("runner", "report", str(report.parent), "--html")
    with pytest.raises(AssertionError, match="Pages and plots need the html extra"):
        run(environment, tmp_path, *page)
    install(environment, f"helm-predictor-runner[html] @ {wheel.as_uri()}")
    run(environment, tmp_path, *page)
    assert "<html" in report.parent.with_suffix(".html").read_text()


def test_nothing_of_the_checkout_is_near(environment: Path, tmp_path: Path) -> None:
    where = "import runner, sys; print(runner.__file__, *sys.path)"
    told = run(environment, tmp_path, "python", "-c", where)
    assert str(environment) in told
    assert str(ROOT) not in told


def test_control_a_checkout_that_is_near_is_seen(environment: Path) -> None:
    where = "import runner, sys; print(runner.__file__, *sys.path)"
    assert str(ROOT) in run(environment, ROOT, "python", "-c", where)


@pytest.mark.parametrize("environment", [OURS], indirect=True)
def test_an_extra_is_added_by_the_name_that_messages_tell(
    environment: Path, tmp_path: Path
) -> None:
    """The runner that is installed meets the name: no index is asked for it.

    The pip is the checkout's, made to work in the environment: to give that a pip takes longer.
    """
    python = str(environment / "bin" / "python")
    said = "helm-predictor-runner[html]"
    pip = (sys.executable, "-m", "pip", "--python", python)
    told = run(environment, tmp_path, *pip, "install", "--no-index", said)
    assert f"Requirement already satisfied: {said} in {environment}" in told


def test_the_python_of_this_environment_is_among_those_tried() -> None:
    assert OURS in PYTHONS
