"""A batch on a disk that does not hold all of its images: they are removed, and pulled again."""

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError

from runner.sandbox.pulled_images import images_in_use
from tests.integration.images import OWN
from tests.integration.registry import Registry

IMAGES = 4
ROOM = 2

SCRIPT = "/busybox sleep {}; /busybox cp /predictions.json /output/predictions.json"

LAST_SECONDS = 3
"""How long the last image runs, the others a second: it is the second to run, as it is still there,
and the third is pulled meanwhile."""

Event = tuple[str, str]
"""What happens, as the engine names it, and the reference of the image that it happens to."""

pytestmark = pytest.mark.usefixtures("state")


def predictions(mean: float) -> bytes:
    stat = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": mean}
    runs = {f"demo:subject={number},model=demo/model": [stat] for number in range(6)}
    return json.dumps({"contract_version": 1, "predictions": runs}).encode()


@pytest.fixture(scope="module")
def in_registry(client: docker.DockerClient, registry: Registry) -> Mapping[str, str]:
    """Push predictors; give their IDs by reference. The engine has none of them any more."""
    found = {}
    for number in range(IMAGES):
        files = {"predictions.json": predictions(number / 10)}
        script = SCRIPT.format(LAST_SECONDS if number == IMAGES - 1 else 1)
        reference = registry.push(f"small-disk/p{number}", script, files)
        found[reference] = str(client.images.pull(reference).id)
        registry.remove(reference)
    return found


@pytest.fixture
def ids(registry: Registry, in_registry: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Give them, and remove from the engine afterwards what a test leaves there."""
    yield in_registry
    for reference in in_registry:
        with suppress(APIError):
            registry.remove(reference)


def on_engine(client: docker.DockerClient, ids: Mapping[str, str]) -> list[str]:
    """Return the references of the images that the engine has, in their order."""
    there = {image.id for image in client.images.list()}
    return [reference for reference, image_id in ids.items() if image_id in there]


@contextmanager
def watched(
    client: docker.DockerClient,
    ids: Mapping[str, str],
    act: Callable[[list[Event]], object] = lambda _seen: None,
) -> Iterator[list[Event]]:
    """Give a list of what happens to images: "pull", "start" and "die" of a container, "delete".

    Args:
        act: called with the list after each of them.
    """
    last = OWN.name("last")
    references = {**{image_id: name for name, image_id in ids.items()}, **{n: n for n in ids}}
    seen: list[Event] = []
    kinds = ["pull", "start", "die", "delete", "tag"]
    events = client.events(decode=True, filters={"event": kinds})

    def note() -> None:
        for event in events:
            actor = event["Actor"]
            image = actor["ID"] if event["Type"] == "image" else actor["Attributes"]["image"]
            if image in references:
                seen.append((event["Action"], references[image]))
                act(seen)
            elif event["Action"] == "tag" and actor["Attributes"]["name"].startswith(last):
                return

    thread = threading.Thread(target=note, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        client.images.get("runner-base").tag(last)  # the event after all others
        thread.join()
        events.close()


def start(
    registry: Registry, *arguments: object, room: int = ROOM, wait_seconds: int = 60
) -> subprocess.Popen[str]:
    names = f"{registry.address}/small-disk/"
    command = [sys.executable, "-m", "tests.integration.small_disk", room, names, wait_seconds]
    return subprocess.Popen(
        [*map(str, command), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(registry: Registry, *arguments: object, **disk: int) -> subprocess.CompletedProcess[str]:
    process = start(registry, *arguments, **disk)
    stdout, stderr = process.communicate(timeout=250)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def command(ids: Mapping[str, str], suite: Path, *options: object) -> list[object]:
    out = suite.parent / "results"
    return ["evaluate", *ids, "--suite", suite, "--out", out, "--pull", "missing", *options]


def means(suite: Path) -> dict[str, set[float]]:
    """Return what each image predicted, by its reference; each of its cases was scored."""
    found = {}
    for path in (suite.parent / "results").glob("*/report.json"):
        report: dict[str, Any] = json.loads(path.read_text())
        assert {case["outcome"] for case in report["cases"]} == {"scored"}
        predicted = {
            one["predicted"]["mean"] for case in report["cases"] for one in case["targets"]
        }
        found[report["image"]["reference"]] = predicted
    return found


def expected(ids: Mapping[str, str]) -> dict[str, set[float]]:
    return {reference: {number / 10} for number, reference in enumerate(ids)}


def running(seen: list[Event]) -> set[str]:
    """Return the images of the containers that run after these events."""
    count = Counter(name for action, name in seen if action == "start")
    count -= Counter(name for action, name in seen if action == "die")
    return set(count)


def test_a_batch_runs_on_a_disk_that_holds_few_of_its_images(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    """The seam counts all images: with more than there is room for, nothing could be pulled."""
    with watched(client, ids) as seen:
        ended = run(registry, *command(ids, small))
    assert ended.returncode == 0, ended.stderr
    assert means(small) == expected(ids)
    pulled = Counter(name for action, name in seen if action == "pull")
    assert set(pulled) == set(ids)
    assert max(pulled.values()) == 2
    assert sum(pulled.values()) == 2 * IMAGES - ROOM
    removed = [name for action, name in seen if action == "delete"]
    told = [line for line in ended.stderr.splitlines() if "removed to make room for" in line]
    assert [line.partition(": removed")[0] for line in told] == removed
    first_case = next(place for place, (action, _) in enumerate(seen) if action == "start")
    again = [
        running(seen[:place]) - {name}
        for place, (action, name) in enumerate(seen)
        if action == "pull" and place > first_case
    ]
    assert any(again)  # it was pulled while another's container ran


@pytest.mark.long
def test_a_batch_that_is_reported_is_told_again_without_a_pull(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    assert run(registry, *command(ids, small)).returncode == 0
    assert len(on_engine(client, ids)) == ROOM  # the others would have to be pulled
    with watched(client, ids) as seen:
        again = run(registry, *command(ids, small))
    assert again.returncode == 0, again.stderr
    assert f"{IMAGES} of {IMAGES} reports are up to date" in again.stderr
    assert seen == []
    first = next(reference for reference in ids if reference not in on_engine(client, ids))
    rerun = run(registry, *command({first: ""}, small, "--rerun"))
    assert rerun.returncode == 0, rerun.stderr
    assert first in on_engine(client, ids)


def test_a_batch_that_is_killed_goes_on_with_what_is_missing(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    process = start(registry, *command(ids, small))

    def kill_at_third(seen: list[Event]) -> None:
        if [action for action, _ in seen].count("start") == 3:
            process.kill()

    with watched(client, ids, kill_at_third) as before:
        process.communicate(timeout=250)
    assert process.returncode == -signal.SIGKILL
    reported = set(means(small))
    begun = [name for action, name in before if action == "start"]
    with watched(client, ids) as after:
        ended = run(registry, *command(ids, small))
    assert ended.returncode == 0, ended.stderr
    assert means(small) == expected(ids)
    again = [name for action, name in after if action == "start"]
    assert len(begun) == 3
    assert reported  # the third began when one had finished
    assert not reported & set(again)
    assert set(ids) - set(begun) <= set(again)
    assert not reported & {name for action, name in after if action == "pull"}


@pytest.mark.long
def test_several_cases_of_an_image_run_several_at_a_time_and_again_with_other_inputs(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], three_cases: Path
) -> None:
    options = ("--jobs", "2", "--shuffle")
    with watched(client, ids) as seen:
        ended = run(registry, *command(ids, three_cases, *options), room=3)
    assert ended.returncode == 0, ended.stderr
    assert means(three_cases) == expected(ids)
    begun = Counter(name for action, name in seen if action == "start")
    assert begun == dict.fromkeys(ids, 6)


def test_none_is_removed_that_another_evaluation_may_need(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    """Also the control of the first test: without a removal there is no room for the others."""
    with images_in_use():
        ended = run(registry, *command(ids, small), wait_seconds=0)
        assert ended.returncode == 5, ended.stderr
        assert "another evaluation is running, which may need them" in ended.stderr
        assert ": removed to make room" not in ended.stderr
        assert on_engine(client, ids) == list(ids)[:ROOM]
    assert means(small) == dict(list(expected(ids).items())[:ROOM])
    assert run(registry, *command(ids, small)).returncode == 0
    assert means(small) == expected(ids)


@pytest.mark.long
def test_room_is_waited_for_until_the_other_evaluation_is_over(
    registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    with images_in_use():
        process = start(registry, *command(ids, small))
        assert process.stderr is not None
        for line in process.stderr:
            if "waiting for room, as another evaluation is running" in line:
                break
    _, stderr = process.communicate(timeout=250)
    assert process.returncode == 0, stderr
    assert means(small) == expected(ids)


@pytest.mark.long
def test_what_the_user_pulled_is_not_removed(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    *few, one, other = ids
    for reference in (one, other):
        client.images.pull(reference)
    ended = run(registry, *command(ids, small))
    assert ended.returncode == 5, ended.stderr
    assert "was not pulled" in ended.stderr
    assert on_engine(client, ids) == [one, other]
    assert set(means(small)) == {one, other}
    client.images.remove(other)  # control: with room for one, the others take turns
    assert run(registry, *command(dict.fromkeys(few, ""), small)).returncode == 0
    assert one in on_engine(client, ids)


@pytest.mark.long
def test_an_image_that_its_registry_lost_meanwhile_costs_that_image_alone(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    lost = list(ids)[2]  # neither among the first nor the last, which are still there
    repository = "/tmp/registry/docker/registry/v2/repositories/small-disk/p2"
    move = "import os; os.rename('{0}{1}', '{0}{2}')"

    def lose(seen: list[Event]) -> None:
        if [action for action, _ in seen].count("start") == 1 and seen[-1][0] == "start":
            registry.container.exec(["python", "-c", move.format(repository, "", ".lost")])

    try:
        with watched(client, ids, lose):
            ended = run(registry, *command(ids, small))
        assert ended.returncode == 5, ended.stderr
        text = f"{lost}: it was removed to make room, and can't be pulled again: its registry"
        assert text in ended.stderr
        others = {name: each for name, each in expected(ids).items() if name != lost}
        assert means(small) == others
        assert run(registry, *command(ids, small)).returncode == 2  # as of one never pulled
    finally:
        registry.container.exec(["python", "-c", move.format(repository, ".lost", "")])
    assert run(registry, *command(ids, small)).returncode == 0
    assert means(small) == expected(ids)


def test_an_interrupt_ends_the_command_while_an_image_is_pulled_again(
    client: docker.DockerClient, registry: Registry, ids: Mapping[str, str], small: Path
) -> None:
    container = registry.container.get_wrapped_container()
    process = start(registry, *command(ids, small))

    def pause_at_first(seen: list[Event]) -> None:
        if [action for action, _ in seen].count("start") == 1 and seen[-1][0] == "start":
            container.pause()

    try:
        with watched(client, ids, pause_at_first):
            assert process.stderr is not None
            is_running = False
            for line in process.stderr:
                is_running = is_running or ": running" in line
                if is_running and line.endswith(": pulling\n"):
                    break
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
    finally:
        container.unpause()
    assert process.returncode == 130
    ended = run(registry, *command(ids, small))
    assert ended.returncode == 0, ended.stderr
    assert means(small) == expected(ids)
