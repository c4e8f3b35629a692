"""Which images the engine starts containers from, and containers that a test ends at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import docker
from docker.errors import APIError


@contextmanager
def started(
    client: docker.DockerClient,
    images: list[str],
    act: Callable[[str, int], object] = lambda _container, _number: None,
) -> Iterator[list[str]]:
    """Give a list that gets the image of every container that is started from one of these.

    Args:
        act: called with each container's ID, and how many were started up to then.
    """
    names = {client.images.get(name).id: name for name in images}
    found: list[str] = []
    events = client.events(decode=True, filters={"type": "container", "event": "start"})

    def note() -> None:
        for event in events:
            if event["from"] in names:
                found.append(names[event["from"]])
                act(event["id"], len(found))

    thread = threading.Thread(target=note, daemon=True)
    thread.start()
    try:
        yield found
    finally:  # a test that fails must not keep the process from its end
        events.close()
        thread.join()


@contextmanager
def killed(client: docker.DockerClient, image: str, most: int) -> Iterator[list[str]]:
    """Kill the first containers of an image from outside; give a list of all that are started.

    Args:
        most: how many are killed.
    """

    def kill(container: str, number: int) -> None:
        if number <= most:
            with suppress(APIError):  # it was quicker
                client.api.kill(container)

    with started(client, [image], kill) as found:
        yield found
