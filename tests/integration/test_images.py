"""Tests leave the images of others alone."""

from collections.abc import Iterator

import docker
import pytest
from docker.errors import ImageNotFound

from tests.integration.images import OWN, OwnImages

NAMES = ("my-predictor", "misbehaving-sleep")


def tag_base(client: docker.DockerClient, name: str) -> str:
    client.images.get("runner-base").tag(name)
    return name


@pytest.fixture(params=NAMES)
def theirs(client: docker.DockerClient, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the name of an image of a user's, who calls it what tests call theirs."""
    name = tag_base(client, OwnImages().name(request.param))
    yield name
    client.images.remove(name)


def test_an_image_of_a_users_survives_though_tests_build_some_of_such_a_name(
    client: docker.DockerClient, theirs: str
) -> None:
    before = client.images.get(theirs).id
    OwnImages().remove(client)
    assert client.images.get(theirs).id == before


def test_control_the_images_of_a_session_are_removed(client: docker.DockerClient) -> None:
    session = OwnImages()
    names = [tag_base(client, f"{session.name(name)}{tag}") for name in NAMES for tag in ("", ":1")]
    session.remove(client)
    for name in names:
        with pytest.raises(ImageNotFound):
            client.images.get(name)


def test_the_name_of_an_image_of_this_session_is_no_others() -> None:
    assert OWN.name("my-predictor") != OwnImages().name("my-predictor")
