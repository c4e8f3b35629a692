"""Images for a platform that is not the engine's: refused before they run, built without running.

The images for arm64 have only their description's word for it, but for one whose program this
engine can't run.
"""

import gzip
import io
import re
import shutil
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path

import docker
import pytest

from runner.authoring.carried_folders import template_folder
from runner.authoring.debian.archive import MIRROR
from runner.authoring.debian.lock import Lock, LockedPackage, installed_digest, write_lock
from runner.authoring.debian.packages import read_installed
from runner.sandbox.engine.engine import Engine
from tests.integration.command import runner
from tests.integration.images import OWN, with_architecture
from tests.integration.registry import Registry

OTHER = "linux/arm64"
BASE, IMAGE, REAL = OWN.name("base-arm64"), OWN.name("platform"), OWN.name("program-arm64")
ARM64_PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\xb7\0\x01\0\0\0"


def write_folder(folder: Path, dockerfile: str) -> Path:
    folder.mkdir()
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "sh").write_bytes(ARM64_PROGRAM)
    (folder / "sh").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def real(client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an image whose shell is a program for arm64."""
    place = tmp_path_factory.mktemp("real") / "folder"
    folder = write_folder(place, 'FROM scratch\nCOPY sh /bin/sh\nENTRYPOINT ["/bin/sh"]\n')
    built = runner("build", folder, "-t", REAL, "--platform", OTHER)
    assert built.returncode == 0, built.stderr
    assert client.images.get(REAL).attrs["Architecture"] == "arm64"
    return REAL


def containers_since(client: docker.DockerClient, begun: float) -> int:
    filters = {"type": "container", "event": "create"}
    since, until = int(begun), int(time.time()) + 1
    events = client.events(since=since, until=until, filters=filters, decode=True)
    return sum(event["timeNano"] > begun * 1e9 for event in events)


@pytest.mark.parametrize("command", ["check", "evaluate"])
def test_an_image_for_another_platform_is_refused_before_any_container_is_made(
    client: docker.DockerClient, real: str, tmp_path: Path, command: str
) -> None:
    """The control is the same image with a description that says amd64."""
    options = ["--suite", "demo", *(["--out", tmp_path / "out"] * (command == "evaluate"))]
    ended, made = {}, {}
    for architecture in ("arm64", "amd64"):
        archive = tmp_path / f"{architecture}.tar.gz"
        saved = with_architecture(client, real, OWN.name("saved"), architecture)
        archive.write_bytes(gzip.compress(saved))
        begun = time.time()
        ended[architecture] = runner(command, archive, *options)
        made[architecture] = containers_since(client, begun)
    assert ended["arm64"].returncode == 2, ended["arm64"].stderr
    assert "for 'linux/arm64', the engine for linux/amd64" in ended["arm64"].stderr
    assert "runner build --platform linux/amd64" in ended["arm64"].stderr
    assert made["arm64"] == 0
    assert ended["amd64"].returncode == 4, ended["amd64"].stderr
    assert made["amd64"] > 0


@pytest.fixture
def folder(tmp_path: Path, state: None) -> Path:
    """Return a predictor with a package that it needs on arm64 alone."""
    folder = shutil.copytree(template_folder("python"), tmp_path / "predictor")
    (folder / "requirements.txt").write_text(
        'markupsafe==3.0.2\nsimplejson==3.19.3; platform_machine == "aarch64"\n'
    )
    return folder


def files_of(client: docker.DockerClient, image: str) -> Mapping[str, bytes]:
    """Return the files of an image's packages, by their names."""
    container = client.containers.create(image)
    try:
        chunks, _ = container.get_archive("/opt/predictor/packages")
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            read = {one.name: archive.extractfile(one) for one in archive if one.isreg()}
            return {name: file.read() for name, file in read.items() if file}
    finally:
        container.remove()


def machines(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the machine in the tag of each package's wheel."""
    wheels = {name: text.decode() for name, text in files.items() if name.endswith("/WHEEL")}
    return {
        name.split("/")[1].split("-")[0].lower(): re.findall(
            r"_(x86_64|aarch64)$", text, re.MULTILINE
        )[0]
        for name, text in wheels.items()
    }


def test_a_build_for_another_platform_has_its_packages_and_runs_nothing(
    client: docker.DockerClient, real: str, folder: Path
) -> None:
    """That a build for the engine's own platform is byte-compiled, test_layers.py shows.

    What the base has, nobody looks at: a small one will do.
    """
    client.images.get(real).tag(BASE)
    options = ["--platform", OTHER, "--build-arg", f"BASE={BASE}"]
    built = runner("build", folder, "-t", IMAGE, *options)
    assert built.returncode == 0, built.stderr
    assert client.images.get(IMAGE).attrs["Architecture"] == "arm64"
    files = files_of(client, IMAGE)
    assert machines(files) == {"markupsafe": "aarch64", "simplejson": "aarch64"}
    assert not any("__pycache__" in name for name in files)
    assert "Python is not byte-compiled" in built.stderr
    assert "on an engine for linux/arm64" in built.stderr

    refused = runner("build", folder, "-t", IMAGE, "--build-arg", f"BASE={BASE}")
    assert refused.returncode == 2
    assert f"{BASE}: it is for 'linux/arm64', and the build for linux/amd64" in refused.stderr


def test_a_base_for_another_platform_is_refused_with_the_command_that_makes_one(
    folder: Path,
) -> None:
    refused = runner("build", folder, "-t", IMAGE, "--platform", OTHER)
    assert refused.returncode == 2
    assert "runner-base: it is for 'linux/amd64', and the build for linux/arm64" in refused.stderr
    assert "runner build --base --platform linux/arm64 -t runner-base-arm64" in refused.stderr


def test_a_step_that_would_run_another_platforms_program_says_what_that_needs(
    real: str, tmp_path: Path, state: None
) -> None:
    """The control is the Dockerfile without that step."""
    for name, step, code in (("runs", "RUN true\n", 4), ("copies", "", 0)):
        folder = write_folder(tmp_path / name, f"FROM {real}\nCOPY sh /x\n{step}")
        built = runner("build", folder, "-t", IMAGE, "--platform", OTHER)
        assert built.returncode == code, built.stderr
        assert ("need an engine with emulation" in built.stderr) == bool(step)


DEBIAN = """\
FROM {base}
COPY status /var/lib/dpkg/status
COPY os-release /usr/lib/os-release
"""
RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
STATUS = """\
Package: dpkg
Status: install ok installed
Architecture: arm64
Version: 1.21.22
"""


def test_without_emulation_no_package_of_apt_txt_is_fetched(
    real: str, tmp_path: Path, state: None
) -> None:
    """The package is nowhere: who tries to fetch it says so."""
    base = write_folder(tmp_path / "base", DEBIAN.format(base=real))
    (base / "os-release").write_text(RELEASE)
    (base / "status").write_text(STATUS)
    assert runner("build", base, "-t", BASE, "--platform", OTHER).returncode == 0
    folder = write_folder(tmp_path / "folder", f"FROM {BASE}\nCOPY sh /x\n")
    (folder / "apt.txt").write_text("nowhere\n")
    nowhere = LockedPackage(
        name="nowhere", version="1", url=f"{MIRROR}/debian/nowhere.deb", sha256="0" * 64, size=1
    )
    lock = Lock(
        distribution="Debian 12 (bookworm) for arm64",
        time="20260101T000000Z",
        wanted=["nowhere"],
        base=installed_digest(read_installed(STATUS)),
        packages=[nowhere],
    )
    write_lock(folder / "apt.lock", lock)
    built = runner("build", folder, "-t", IMAGE, "--platform", OTHER)
    assert built.returncode == 4, built.stderr
    assert "need an engine with emulation" in built.stderr
    assert "nowhere" not in built.stderr


def test_an_image_pulled_for_another_platform_takes_no_name_from_the_engines_own(
    client: docker.DockerClient, engine: Engine, registry: Registry, real: str
) -> None:
    reference, own_name = f"{registry.address}/python:1", f"{IMAGE}:arm64"
    client.images.get(real).tag(reference)
    client.api.push(reference)
    client.images.remove(reference)
    engine.images.pull_for(OTHER, reference, own_name, print)
    assert engine.images.find_built(reference) is None
    assert engine.images.inspect(own_name).platform == OTHER
    client.images.get("runner-base").tag(reference)
    engine.images.pull_for(OTHER, reference, own_name, print)
    assert engine.images.inspect(reference).id == client.images.get("runner-base").id
    client.images.remove(reference)
