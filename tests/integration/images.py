"""Names of the images that tests build: no user's image has them, so they can be removed."""

import secrets
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
