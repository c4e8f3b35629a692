"""An image as a file: exported, evaluated elsewhere, and no name on the engine changes."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from tests.integration.command import runner
from tests.integration.images import OWN

IMAGE, VICTIM = OWN.name("exported"), OWN.name("victim")


def with_name(archive: Path, name: str) -> Path:
    """Return a copy of an archive that says that its image has a name."""
    copy = archive.with_name("hostile.tar.gz")
    with tarfile.open(archive) as source, tarfile.open(copy, "w:gz") as target:
        for member in source:
            content = (source.extractfile(member) or io.BytesIO()).read()
            if member.name == "manifest.json":
                (manifest,) = json.loads(content)
                content = json.dumps([{**manifest, "RepoTags": [name]}]).encode()
                member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return copy


def test_an_exported_image_is_evaluated_and_checked_and_takes_no_name_from_another(
    client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control is `docker load`, which gives the name in the archive to its image."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "Dockerfile").write_text(
        'FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /a\nENTRYPOINT ["/none"]\n'
    )
    built = runner("build", "source", "-t", IMAGE, "--export", "mine.tar.gz")
    assert built.returncode == 0, built.stderr
    image_id = str(client.images.get(IMAGE).id)
    client.images.remove(IMAGE, force=True)
    client.images.get("runner-base").tag(VICTIM)
    victim_id = str(client.images.get(VICTIM).id)
    with pytest.raises(ImageNotFound):
        client.images.get(image_id)

    hostile = with_name(tmp_path / "mine.tar.gz", f"{VICTIM}:latest")
    for command in ("evaluate", "check"):
        options = ["--suite", "demo", *(["--out", "out", "--closed"] * (command == "evaluate"))]
        ended = runner(command, hostile.name, *options)
        assert ended.returncode == 4, ended.stderr
        assert client.images.get(VICTIM).id == victim_id
        client.images.remove(image_id, force=True)
    (report,) = (tmp_path / "out").glob("*/report.json")
    assert json.loads(report.read_text())["image"]["id"] == image_id

    listed = [{"submitter": "a", "image": "mine.tar.gz"}]
    (tmp_path / "listed.yaml").write_text(json.dumps(listed))
    refused = runner("evaluate", "--submissions", "listed.yaml", "--suite", "demo")
    assert refused.returncode == 2
    assert "mine.tar.gz: the engine has no such image" in refused.stderr
    with pytest.raises(ImageNotFound):
        client.images.get(image_id)

    list(client.images.load(gzip.decompress(hostile.read_bytes())))
    assert client.images.get(VICTIM).id == image_id
