"""What of a folder gets into an image: the same as with the Docker CLI's own `docker build`."""

import io
import os
import socket
import subprocess
import tarfile
from pathlib import Path

import docker
import pytest

from tests.integration.command import runner
from tests.integration.images import OWN

IMAGE = OWN.name("context")
BY_DOCKER = OWN.name("context-by-docker")

FILES = {
    "a.txt": "1",
    "b.TXT": "2",
    ".git/HEAD": "ref",
    "model/packages/weights": "3",
    "model/deep/keep": "4",
    "model/deep/other": "5",
    "__pycache__/x.pyc": "6",
    "notes": "7",
    "[x]": "8",
    "*.py": "9",
    "a+b": "10",
    "sub/notes": "11",
    "xnotes": "12",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a predictor's folder with all kinds of files."""
    folder = tmp_path / "predictor"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /c/\n")
    (folder / "empty").mkdir()
    (folder / ".#lock").symlink_to("user@host.1234:5678")
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..")
    (folder / "linked").symlink_to("model")
    (folder / os.fsdecode(b"caf\xe9")).write_text("13")
    os.mkfifo(folder / "pipe")
    os.link(folder / "a.txt", folder / "hard")
    (folder / "a.txt").chmod(0o751)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "socket"))
    return folder


Listing = dict[str, tuple[bytes, int, str, bytes]]


def listing(client: docker.DockerClient, image: str) -> Listing:
    """Return all that is below /c of an image, by name: kind, mode, target and content."""
    container = client.containers.create(image, ["none"])
    try:
        archive = io.BytesIO(b"".join(client.api.export(str(container.id))))
    finally:
        container.remove()
    with tarfile.open(fileobj=archive) as tar:
        members = {one.name: one for one in tar if one.name.startswith("c/")}
        found = {}
        for name, one in members.items():
            file = tar.extractfile(one) if one.isreg() or one.islnk() else None
            content = file.read() if file else b""
            kind = tarfile.REGTYPE if one.islnk() else one.type
            found[name] = (kind, one.mode, "" if one.islnk() else one.linkname, content)
    return found


def build_both(client: docker.DockerClient, folder: Path) -> tuple[Listing, Listing]:
    """Build a folder with the Docker CLI and with the runner; return what the images hold."""
    command = ["docker", "build", "--quiet", "--network", "none", "-t", BY_DOCKER, str(folder)]
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=60)
    built = runner("build", folder, "-t", IMAGE)
    assert built.returncode == 0, built.stderr
    ours = listing(client, IMAGE)
    del ours["c/packages"]  # the runner's own
    return listing(client, BY_DOCKER), ours


@pytest.mark.parametrize(
    ("ignored", "left_out"),
    [
        (None, "c/packages"),
        ("# a comment\n*.txt\n", "c/a.txt"),
        ("*\n!model/deep/keep\n", "c/notes"),
        ("**/notes\n", "c/sub/notes"),
        ("**notes\n", "c/xnotes"),
        ("model/**\n!model/deep\nmodel/deep/other\n", "c/model/packages"),
        (".git\n/sub/../notes/\n?.TXT\n", "c/b.TXT"),
        ("[[]x]\n\\*.py\n[a-b]+b\n", "c/*.py"),
        ("Dockerfile\n.dockerignore\n*cache*\n", "c/__pycache__"),
        ("m*l\n!model/pack*\n", "c/model/deep"),
        ("\ufeffnotes\r\n  a.txt  \n", "c/notes"),
    ],
)
def test_an_image_holds_what_docker_build_puts_into_it(
    client: docker.DockerClient, folder: Path, ignored: str | None, left_out: str
) -> None:
    """The control is the first row: without a `.dockerignore` all is in the image."""
    if ignored is not None:
        (folder / ".dockerignore").write_text(ignored)
    by_docker, ours = build_both(client, folder)
    assert ours == by_docker
    assert left_out not in ours
    if ignored is None:
        assert {f"c/{name}" for name in FILES} <= set(ours)


def test_a_renamed_folder_makes_another_image_and_an_unchanged_one_does_not(folder: Path) -> None:
    runner("build", folder, "-t", IMAGE)
    assert "nothing has changed" in runner("build", folder, "-t", IMAGE).stderr
    (folder / "model").rename(folder / "models")
    assert f"{IMAGE}: built" in runner("build", folder, "-t", IMAGE).stderr


def test_a_file_that_is_only_touched_changes_nothing(folder: Path) -> None:
    runner("build", folder, "-t", IMAGE)
    os.utime(folder / "notes", (1, 1))
    assert "nothing has changed" in runner("build", folder, "-t", IMAGE).stderr
