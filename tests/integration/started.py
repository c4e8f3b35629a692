"""Which images the engine starts containers from."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import docker


@contextmanager
def started(client: docker.DockerClient, images: list[str]) -> Iterator[list[str]]:
    """Give a list that gets the image of every container that is started from one of these."""
    names = {client.images.get(name).id: name for name in images}
    found: list[str] = []
    events = client.events(decode=True, filters={"type": "container", "event": "start"})

    def note() -> None:
        found.extend(names[event["from"]] for event in events if event["from"] in names)

    thread = threading.Thread(target=note, daemon=True)
    thread.start()
    try:
        yield found
    finally:  # a test that fails must not keep the process from its end
        events.close()
        thread.join()
