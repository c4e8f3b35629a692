from pathlib import Path

import pytest

from runner.authoring import build_warnings
from runner.authoring.build_warnings import find_build_warnings
from runner.authoring.context_files import context_files

DOCKERFILE = "FROM runner-base\nCOPY packages/ /opt/predictor/\nCOPY predictor.py /opt/predictor/\n"
PINS = ["numpy==2.4.6", "python-dateutil==4.0.0"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "predictor.py").write_text("key = 'sk-learn'\n")
    (tmp_path / "requirements.txt").write_text("numpy\nnumpy==2.4.6\nscipy==1.0\n")
    return tmp_path


def warnings(folder: Path) -> list[str]:
    return find_build_warnings(folder, context_files(folder), PINS)


def test_control_a_sound_folder_has_no_warning(folder: Path) -> None:
    assert warnings(folder) == []


@pytest.mark.parametrize(("name", "start"), [("run.sh", b"set -e"), ("run", b"#!/bin/sh")])
def test_a_script_whose_lines_end_as_on_windows_is_warned_of(
    folder: Path, name: str, start: bytes
) -> None:
    (folder / name).write_bytes(start + b"\r\necho\r\n")
    (found,) = warnings(folder)
    assert found.startswith(f"{name}: its lines end as on Windows (CRLF)")
    (folder / name).write_bytes(start + b"\necho\n")  # the control
    (folder / "predictor.py").write_bytes(b"key = 1\r\n")  # Python reads them
    assert warnings(folder) == []


@pytest.mark.parametrize("name", [".env", ".env.local", "id_rsa", "server.pem", ".netrc"])
def test_a_file_that_is_named_as_a_secret_is_warned_of(folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    (found,) = warnings(folder)
    assert found.startswith(f"{name} may hold a secret")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("-----BEGIN OPENSSH " + "PRIVATE KEY-----", "a private key"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "an AWS key"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("hf_" + "a" * 34, "a Hugging Face token"),
        ("sk-" + "a" * 48, "an API key"),
    ],
)
def test_a_file_that_holds_a_secret_is_warned_of(folder: Path, content: str, what: str) -> None:
    (folder / "config.py").write_text(f"value = '{content}'")
    (found,) = warnings(folder)
    assert found.startswith(f"config.py seems to hold {what}.")


@pytest.mark.parametrize("target", ["/data/weights", "../weights"])
def test_a_link_out_of_the_folder_is_warned_of(folder: Path, target: str) -> None:
    (folder / "weights").symlink_to(target)
    (found,) = warnings(folder)
    assert found.startswith(f"weights is a link to {target}, out of the folder: the image gets")
    (folder / "x").symlink_to("/home/me/x")
    (found,) = warnings(folder)
    assert "out of the folder (1 more are like it): the image" in found


@pytest.mark.parametrize("target", ["predictor.py", "a/../predictor.py", "/usr/bin/python3"])
def test_control_a_link_that_leads_somewhere_in_the_image_is_not(folder: Path, target: str) -> None:
    (folder / "link").symlink_to(target)
    assert warnings(folder) == []


def test_a_large_folder_is_warned_of_with_its_largest_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_warnings, "LARGE_CONTEXT_BYTES", 3 * 1024 * 1024)
    (folder / "weights.bin").write_bytes(b"x" * 4 * 1024 * 1024)
    (found,) = warnings(folder)
    assert "weights.bin (4 MiB)" in found


def test_large_weights_that_are_sent_once_are_not_warned_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is the line that takes them with the code."""
    monkeypatch.setattr(build_warnings, "LARGE_CONTEXT_BYTES", 3 * 1024 * 1024)
    above = "FROM x\nCOPY packages/ /p/\nCOPY weights/ /w/\n"
    (folder / "weights").mkdir()
    (folder / "weights/model.bin").write_bytes(b"x" * 4 * 1024 * 1024)
    (folder / "Dockerfile").write_text(f"{above}COPY *.py /opt/predictor/\n")
    assert warnings(folder) == []
    (folder / "Dockerfile").write_text(f"{above}COPY . /opt/predictor/\n")
    (found,) = warnings(folder)
    assert "weights/model.bin (4 MiB)" in found


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("RUN pip install scipy", "pip install will fail, a build has no network. Name the pack"),
        ("RUN apt-get update && \\\n  apt-get install -y r-base", "apt-get update will fail"),
        ("run curl -O https://example.org/weights", "curl will fail"),
    ],
)
def test_a_step_that_needs_a_network_is_warned_of(folder: Path, step: str, said: str) -> None:
    (folder / "Dockerfile").write_text(f"FROM runner-base\n{step}\n")
    assert said in warnings(folder)[0]


def test_control_a_step_without_a_network_is_not_warned_of(folder: Path) -> None:
    (folder / "Dockerfile").write_text(f"{DOCKERFILE}# RUN pip install x\nRUN piper && true\n")
    assert warnings(folder) == []


@pytest.mark.parametrize("line", ["numpy==1.26.4", "NumPy == 1.26.4", "python_dateutil==2.9"])
def test_a_pin_that_contradicts_the_base_is_warned_of(folder: Path, line: str) -> None:
    (folder / "requirements.txt").write_text(f"scipy\n{line}\n")
    (found,) = warnings(folder)
    assert found.startswith(f"requirements.txt, line 2: {line}, but the base image holds ")


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM x\nCOPY packages/ /p/\nCOPY predictor.py /\n", []),
        ("FROM x\nCOPY predictor.py /\nCOPY packages/ /p/\n", ["Put COPY packages/ above"]),
        ("FROM x\nCOPY . /\n", ["no line of its last stage copies packages/"]),
    ],
)
def test_a_dockerfile_that_makes_the_packages_again_at_each_edit_is_told(
    folder: Path, dockerfile: str, said: list[str]
) -> None:
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "requirements.txt").write_text("# scipy\n")
    assert find_build_warnings(folder, context_files(folder), []) == []
    (folder / "requirements.txt").write_text("scipy\n")
    found = find_build_warnings(folder, context_files(folder), [])
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


def test_a_module_that_no_line_copies_is_warned_of_with_the_line_that_imports_it(
    folder: Path,
) -> None:
    (folder / "mine.py").touch()
    (folder / "own").mkdir()
    (folder / "own" / "part.py").touch()
    (folder / "predictor.py").write_text("import numpy\nimport mine\nfrom own.part import x\n")
    file, package = warnings(folder)
    assert file.startswith("predictor.py, line 2 imports mine.py, which no line of the Dockerfile")
    assert file.endswith("Write COPY mine.py /opt/predictor/")
    assert package.endswith("Write COPY own/ /opt/predictor/own/")


@pytest.mark.parametrize(
    "line",
    [
        "COPY . /opt/predictor/",
        "COPY *.py own/ /opt/predictor/",
        "COPY ./mine.py own /opt/predictor/",
        "COPY $FILES /opt/predictor/",
    ],
)
def test_control_what_is_copied_or_perhaps_copied_is_not_warned_of(folder: Path, line: str) -> None:
    (folder / "Dockerfile").write_text(f"{DOCKERFILE}{line}\n")
    (folder / "own").mkdir()
    for name in ("mine.py", "own/part.py", "unused.py"):
        (folder / name).touch()
    (folder / "predictor.py").write_text("import mine, own.part\n")
    assert warnings(folder) == []


def test_a_syntax_error_is_warned_of_with_its_line(folder: Path) -> None:
    (folder / "predictor.py").write_text("x = 1\ndef broken(:\n")
    (found,) = warnings(folder)
    assert found == "predictor.py, line 2: Python can't read it (invalid syntax)."


def test_a_copied_file_that_others_cannot_read_is_warned_of(folder: Path) -> None:
    (folder / "predictor.py").chmod(0o600)
    (found,) = warnings(folder)
    assert found.startswith("predictor.py: only you may read it")
    (folder / "Dockerfile").write_text(f"{DOCKERFILE}RUN chmod -R a+rX /opt/predictor\n")
    assert warnings(folder) == []  # the control
