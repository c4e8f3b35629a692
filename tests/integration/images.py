"""Names of the images that tests build: no user's image has them, so they can be removed."""

import io
import json
import secrets
import tarfile
from dataclasses import dataclass, field

import docker


@dataclass(frozen=True)
class OwnImages:
    """The images of one session of tests, told from all others by the end of their names."""

    suffix: str = field(default_factory=lambda: f"-{secrets.token_hex(4)}")

    def name(self, name: str) -> str:
        """Return the name, with what makes it this session's."""
        return f"{name}{self.suffix}"

    def remove(self, client: docker.DockerClient) -> None:
        """Remove the images of this session, by their names, whatever their tags."""
        for tag in [tag for image in client.images.list() for tag in image.tags]:
            if tag.rpartition(":")[0].endswith(self.suffix):
                client.images.remove(tag, force=True)


OWN = OwnImages()

QUICK, OTHER_QUICK = OWN.name("quick"), OWN.name("other-quick")
"""Predictors of ``write_suite``'s runs that are over in no time: see the fixture ``quick``."""


def with_architecture(
    client: docker.DockerClient, image: str, name: str, architecture: str | None
) -> bytes:
    """Return an image as `docker save` writes it, under another name and for another architecture.

    Args:
        architecture: None for an image that names none.
    """
    saved, changed = io.BytesIO(b"".join(client.api.get_image(image))), io.BytesIO()
    with tarfile.open(fileobj=saved) as old, tarfile.open(fileobj=changed, mode="w") as new:
        manifest = json.load(old.extractfile("manifest.json") or io.BytesIO())
        for member in old:
            file = old.extractfile(member) if member.isreg() else None
            content = file.read() if file else b""
            if member.name == "manifest.json":
                content = json.dumps([{**manifest[0], "RepoTags": [f"{name}:latest"]}]).encode()
            elif member.name == manifest[0]["Config"]:
                config = {k: v for k, v in json.loads(content).items() if k != "architecture"}
                named = {} if architecture is None else {"architecture": architecture}
                content = json.dumps({**config, **named}).encode()
            elif member.name == "repositories":
                continue
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return changed.getvalue()
