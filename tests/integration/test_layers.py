"""A predictor's packages are an image of their own, its code a thin layer above it."""

import io
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from runner.authoring.carried_folders import template_folder
from runner.authoring.system_install import install_packages, settings_lines
from runner.errors import BuildError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from tests.integration.command import runner
from tests.integration.images import OWN
from tests.integration.printed import printed_by

IMAGE = OWN.name("layers")
NEWER_SYNTAX = "case new of syntax:\n"


def write_wheel(folder: Path, version: str) -> Path:
    """Write a package that this Python can't compile all of."""
    path = folder / f"newer-{version}-py3-none-any.whl"
    information = f"newer-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("newer/__init__.py", "GREETING = 'hello'\n")
        wheel.writestr("newer/later.py", NEWER_SYNTAX)
        wheel.writestr(
            f"{information}/METADATA", f"Metadata-Version: 2.1\nName: newer\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{information}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{information}/RECORD", "")
    return path


@pytest.fixture
def folder(tmp_path: Path, state: None) -> Path:
    """Return a predictor that needs that package."""
    folder = shutil.copytree(template_folder("python"), tmp_path / "predictor")
    (folder / "requirements.txt").write_text(f"{write_wheel(tmp_path, '1')}\n")
    return folder


def build(folder: Path) -> str:
    built = runner("build", folder, "-t", IMAGE)
    assert built.returncode == 0, built.stderr
    return built.stderr


def edit(folder: Path, line: str) -> None:
    with (folder / "predictor.py").open("a") as file:
        file.write(line)


def layers(client: docker.DockerClient, name: str) -> list[str]:
    return list(client.images.get(name).attrs["RootFS"]["Layers"])


def package_images(client: docker.DockerClient) -> set[str]:
    return {tag for image in client.images.list("runner-packages") for tag in image.tags}


def test_packages_are_made_once_and_removed_when_no_image_stands_on_them(
    client: docker.DockerClient, folder: Path, tmp_path: Path
) -> None:
    """The controls are the first build, and the one with another requirement."""
    others = package_images(client)
    first = build(folder)
    assert "resolving packages" in first
    assert "building the packages" in first
    assert re.search(r"\(base \d+, packages .+, code .+\)", first)
    (made,) = package_images(client) - others

    edit(folder, "# an edit\n")
    second = build(folder)
    assert "packages\n" not in second
    assert layers(client, IMAGE)[: len(layers(client, made))] == layers(client, made)
    assert "the packages" not in runner("gc").stdout
    client.images.get(made)

    (folder / "requirements.txt").write_text(f"{write_wheel(tmp_path, '2')}\n")
    assert "building the packages" in build(folder)
    assert f"removed the packages {made}" in runner("gc").stdout
    with pytest.raises(ImageNotFound):
        client.images.get(made)
    client.images.remove(IMAGE, force=True)
    assert "removed the packages" in runner("gc").stdout
    assert package_images(client) == others


def test_weights_are_sent_once_with_their_links_and_again_when_they_change(
    client: docker.DockerClient, folder: Path
) -> None:
    """The weights lie as Hugging Face's cache does. The control is the build after a change."""
    blobs = folder / "weights/models--a--b/blobs"
    snapshot = blobs.parent / "snapshots/c"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    (blobs / "d").write_text("one")
    (snapshot / "model").symlink_to("../../blobs/d")
    dockerfile = (folder / "Dockerfile").read_text()
    copied = "COPY weights/ /opt/predictor/weights/\nCOPY predictor.py"
    (folder / "Dockerfile").write_text(dockerfile.replace("COPY predictor.py", copied))
    first = build(folder)
    assert "building the weights" in first
    assert re.search(r"\(base \d+, packages .+, weights .+, code .+\)", first)
    kept = layers(client, IMAGE)

    edit(folder, "# an edit\n")
    assert "building the" not in build(folder)
    assert len([layer for layer in layers(client, IMAGE) if layer in kept]) >= len(kept) - 2

    (blobs / "d").write_text("two")
    changed = build(folder)
    assert "building the weights" in changed
    assert "building the packages" not in changed
    model = "weights/models--a--b/snapshots/c/model"
    shown = printed_by(
        client,
        IMAGE,
        [model],
        entrypoint="cat",
        user="20000:20000",
        read_only=True,
    )
    assert shown == b"two"
    client.images.remove(IMAGE, force=True)
    runner("gc")


def test_what_can_not_be_byte_compiled_fails_no_build_and_a_tag_of_packages_is_no_proof(
    client: docker.DockerClient, folder: Path
) -> None:
    """The controls are the file that can be compiled, and the package that is there all the same.

    An image that is loaded may have the tag of an image of packages.
    """
    others = package_images(client)
    build(folder)
    (made,) = package_images(client) - others
    client.images.get("runner-base").tag(made)
    edit(folder, NEWER_SYNTAX)
    build(folder)
    shown = printed_by(client, IMAGE, ["-c", "find ."], entrypoint="sh", network_mode="none")
    files = shown.decode().split()
    assert {"./predictor.py", "./packages/newer/later.py"} <= set(files)
    assert [Path(file).name for file in files if file.endswith(".pyc")] == [
        "__init__.cpython-311.pyc"
    ]
    client.images.remove(IMAGE, force=True)
    runner("gc")


@pytest.mark.usefixtures("state")
def test_packages_of_apt_txt_are_installed_without_a_network_and_locked(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    """The controls are the base, which lacks the library, and the digest that is right."""
    folder = shutil.copytree(template_folder("python"), tmp_path / "predictor")
    (folder / "apt.txt").write_text("libgomp1  # LightGBM's\n")
    first = build(folder)
    assert "fetching 1 packages of the system" in first
    assert re.search(r"\(base \d+, system .+, code .+\)", first)
    assert [loads_libgomp(client, name) for name in ("runner-base", IMAGE)] == [False, True]

    edit(folder, "# an edit\n")
    assert "system" not in build(folder).partition("built")[0]
    assert loads_libgomp(client, IMAGE)

    lock = (folder / "apt.lock").read_text()
    (folder / "apt.lock").write_text(re.sub(r'"sha256": "\w{4}', '"sha256": "0000', lock))
    refused = runner("build", folder, "-t", IMAGE)
    assert refused.returncode == 4
    assert "not the file that is meant" in refused.stderr

    (folder / "apt.txt").write_text("libgomp\n")
    refused = runner("build", folder, "-t", IMAGE)
    assert refused.returncode == 4
    assert "Did you mean libgomp1" in refused.stderr
    client.images.remove(IMAGE, force=True)
    runner("gc")


def loads_libgomp(client: docker.DockerClient, image: str) -> bool:
    script = "python3 -c 'import ctypes; ctypes.CDLL(\"libgomp.so.1\")' && dpkg --audit || echo no"
    shown = printed_by(client, image, ["-c", script], entrypoint="sh", network_mode="none")
    return shown == b""


ODD_BASE = """\
FROM runner-base
ENV NAME="a value" EMPTY=
WORKDIR /tmp
VOLUME /data
EXPOSE 80
LABEL of=base
STOPSIGNAL SIGINT
HEALTHCHECK CMD true
RUN mkdir /opt/old && echo 1 >/opt/old/one && chmod 4750 /opt/old/one && echo 1 >/opt/changed
SHELL ["/bin/sh", "-ec"]
ONBUILD RUN true
USER 1000
ENTRYPOINT ["echo", "$NAME"]
CMD ["an argument"]
"""
AFTER = """\
#!/bin/sh
set -e
rm -r /opt/old
chown 7:8 /opt/changed
mkdir -m 1777 /opt/open
! grep -v lo: /proc/net/dev | grep : # there is no network
"""
LARGE_BYTES = 4_000_000
SHOW = "stat -c '%a %u:%g %h %N' /opt/[co]* /usr/lib/odd/*; id -u; dpkg -s odd | grep Status"


def write_deb(folder: Path, after: str) -> None:
    """Write a package with files of every kind, and a script that it runs when it is installed."""
    files, control = folder / "files/usr/lib/odd", folder / "files/DEBIAN"
    files.mkdir(parents=True)
    control.mkdir()
    fields = "Package: odd\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: b\n"
    (control / "control").write_text(fields)
    (control / "postinst").write_text(after)
    (control / "postinst").chmod(0o755)
    (files / "large").write_bytes(os.urandom(LARGE_BYTES))
    (files / "also").hardlink_to(files / "large")
    (files / "link").symlink_to("nowhere")
    os.chown(files / "large", 5, 6)  # before: it takes setuid away
    (files / "large").chmod(0o4711)
    (folder / "debs").mkdir()
    command = f"dpkg-deb --build {folder}/files {folder}/debs/odd_1_all.deb"
    subprocess.run(command.split(), check=True, capture_output=True, timeout=60)


@pytest.fixture
def odd_base(engine: Engine, client: docker.DockerClient) -> Image:
    client.images.build(fileobj=io.BytesIO(ODD_BASE.encode()), tag=OWN.name("odd"), rm=True)
    return engine.images.inspect(OWN.name("odd"))


def test_an_image_with_packages_keeps_files_and_settings_and_nothing_of_the_packages_themselves(
    client: docker.DockerClient, engine: Engine, odd_base: Image, tmp_path: Path
) -> None:
    """The builder's own image of a container is the control of the settings."""
    write_deb(tmp_path, AFTER)
    made = install_packages(engine, odd_base, tmp_path / "debs", "odd")
    settings = engine.images.settings(odd_base.id)
    dockerfile = "\n".join([f"FROM {made}", *settings_lines(settings)])
    client.images.build(fileobj=io.BytesIO(dockerfile.encode()), tag=IMAGE, rm=True)
    ours = {"Hostname", "Image"}  # of a container of the build
    kept = engine.images.settings(IMAGE)
    assert {name: kept[name] for name in kept.keys() - ours} == {
        name: settings[name] for name in settings.keys() - ours
    }
    image = engine.images.inspect(IMAGE)
    assert image.layers[:-1] == odd_base.layers
    assert LARGE_BYTES < image.size_bytes - odd_base.size_bytes < 1.5 * LARGE_BYTES
    # Docker's SDK would leave the volume that the base declares.
    command = ["docker", "run", "--rm", "--entrypoint", "sh", IMAGE, "-c", SHOW]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert shown.splitlines() == [
        "644 7:8 1 '/opt/changed'",
        "1777 0:0 2 '/opt/open'",
        "4711 5:6 2 '/usr/lib/odd/also'",
        "4711 5:6 2 '/usr/lib/odd/large'",
        "777 0:0 1 '/usr/lib/odd/link' -> 'nowhere'",
        "1000",
        "Status: install ok installed",
    ]


def test_a_package_that_can_not_be_installed_ends_the_build_and_leaves_nothing(
    client: docker.DockerClient, engine: Engine, odd_base: Image, tmp_path: Path
) -> None:
    write_deb(tmp_path, "#!/bin/sh\necho no luck; exit 1\n")
    images = {image.id for image in client.images.list(all=True)}
    with pytest.raises(
        BuildError, match=r"odd: the packages of apt.txt can't be.*\n(.*\n)*no luck"
    ):
        install_packages(engine, odd_base, tmp_path / "debs", "odd")
    assert {image.id for image in client.images.list(all=True)} == images
    names = [str(container.name) for container in client.containers.list(all=True)]
    assert not [name for name in names if name.endswith("-packages")]


@pytest.mark.usefixtures("state")
def test_apt_txt_on_a_base_that_is_not_made_of_debian_is_refused(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    (tmp_path / "apt.txt").write_text("libgomp1\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY apt.txt /\n")
    other = OWN.name("other")
    client.images.build(path=str(tmp_path), tag=other)
    (tmp_path / "Dockerfile").write_text(f"FROM {other}\nCOPY apt.txt /\n")
    refused = runner("build", tmp_path, "-t", IMAGE)
    assert refused.returncode == 2
    assert "is not made of Debian's packages" in refused.stderr
