"""What `make dist` makes: the files of the wheel, and what it says of itself."""

import shutil
import subprocess
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from runner.attack.pack import pack_directory, read_pack
from runner.code_version import DISTRIBUTION, install_command

ROOT = Path(__file__).parents[3]

NEEDED = (
    "runner/demo_suite.tar.xz",
    "runner/sandbox/seccomp.json",
    "runner/pages/templates/report.html.j2",
    "runner/pages/vendor/dataTables.min.js",
    "runner/pages/vendor/dataTables.license.txt",
    "runner/predictor_template/python/predictor.py",
    "runner/predictor_template/python/.dockerignore",
    "runner/predictor_template/node/package-lock.json",
    "runner/images/base/Dockerfile",
    "runner/images/base_node/apt.txt",
    "runner/images/base_r/apt.txt",
    "runner/images/base_shell/Dockerfile",
    "runner/setup/debian_root.sh",
    "runner/misbehaving/Dockerfile",
)

LEFT_BEHIND = (
    "build/lib/runner/old.py",
    "runner/build/old.py",
    "runner/__pycache__/old.cpython-311.pyc",
    "results/report.json",
    "predictor_template/python/results/report.json",
    "images/base/.pytest_cache/old",
)
"""What work in a checkout leaves there. Git ignores it."""

MADE_OF = (
    "runner",
    "images",
    "predictor_template",
    "setup",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "pyproject.toml",
)
"""What of a checkout is needed to make the wheel."""

ADDED = "runner/added.csv"
"""A file that each copy of this checkout has besides."""


def copy_checkout(into: Path) -> Path:
    """Return a copy of what Git knows of this checkout, without Git, with its environment."""
    list_files = ["git", "ls-files", "-z", *MADE_OF]
    listed = subprocess.run(list_files, cwd=ROOT, capture_output=True, check=True)
    copy = into / "checkout"
    for name in listed.stdout.decode().split("\0"):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    (copy / ADDED).touch()
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def make_wheel(checkout: Path) -> tuple[Path, str]:
    """Return the only wheel that is made, and what was said meanwhile."""
    command = [checkout / "setup" / "dist.sh", checkout.parent / "dist"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (wheel,) = (checkout.parent / "dist").glob("*.whl")
    return wheel, ended.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of a checkout as it is."""
    return make_wheel(copy_checkout(tmp_path_factory.mktemp("as it is")))[0]


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def metadata(wheel: Path) -> Message:
    (name,) = (name for name in names(wheel) if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(zipfile.ZipFile(wheel).read(name))


def leave(checkout: Path, *files: str) -> None:
    for name in files:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("old")


def begin_git(checkout: Path) -> None:
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=checkout, check=True)


def test_the_wheel_has_the_name_that_is_no_strangers_and_all_that_the_command_needs(
    wheel: Path,
) -> None:
    assert wheel.name.startswith("helm_predictor_runner-")
    told = metadata(wheel)
    assert told["Name"] == DISTRIBUTION
    assert told["Requires-Python"] == ">=3.11"
    assert set(told.get_all("Provides-Extra") or ()) == {
        "gcs",
        "html",
        "helm",
        "inspect",
        "remote",
        "s3",
        "ssh",
        "ray",
    }
    assert set(NEEDED) <= names(wheel)


def test_the_wheel_has_every_attack_of_the_pack(wheel: Path) -> None:
    attacks = read_pack(pack_directory())
    assert {f"runner/misbehaving/{attack.name}.py" for attack in attacks} <= names(wheel)


def test_what_lies_in_a_checkout_does_not_get_into_the_wheel(tmp_path: Path, wheel: Path) -> None:
    checkout = copy_checkout(tmp_path)
    leave(checkout, *LEFT_BEHIND)
    assert names(make_wheel(checkout)[0]) == names(wheel)


@pytest.fixture(scope="module")
def with_git(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the wheel of a checkout with more in it than Git knows, and what was said."""
    checkout = copy_checkout(tmp_path_factory.mktemp("with git"))
    begin_git(checkout)
    leave(checkout, *LEFT_BEHIND, "runner/answers.csv")
    return make_wheel(checkout)


def test_a_file_that_git_does_not_know_is_left_out_and_named(with_git: tuple[Path, str]) -> None:
    wheel, told = with_git
    assert "runner/answers.csv" not in names(wheel)
    assert "Left out of the wheel, as Git does not know it: runner/answers.csv" in told


def test_control_a_file_that_git_knows_is_in_the_wheel(with_git: tuple[Path, str]) -> None:
    wheel, told = with_git
    assert ADDED in names(wheel)
    assert ADDED not in told


def test_the_same_files_make_the_same_wheel_whatever_lies_beside_them(
    with_git: tuple[Path, str], wheel: Path
) -> None:
    assert with_git[0].read_bytes() == wheel.read_bytes()


def test_every_extra_that_pages_and_messages_name_is_one_of_this_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*ROOT.glob("docs/*.md"), ROOT / "README.md", *ROOT.glob("runner/**/*.py")]
    told = "\n".join(path.read_text() for path in texts)
    assert "runner[" not in told.replace(f"{DISTRIBUTION}[", "")
    assert install_command("html") == f"pip install '{DISTRIBUTION}[html]'"
    assert project["name"] == DISTRIBUTION
    for extra in project["optional-dependencies"]:
        assert f"`{extra}`" in (ROOT / "docs" / "install.md").read_text()
