"""``runner gc --images`` removes the images that evaluations pulled, and no others."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import APIError

from runner.sandbox import pulled_images
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.pull import Pull
from runner.sandbox.live_runs import recorded
from runner.sandbox.pulled_images import images_in_use, make_room, obtain_image
from runner.sandbox.removed_images import recall
from tests.helm_builder import write_run
from tests.integration.command import runner
from tests.integration.images import OWN
from tests.integration.registry import Registry, build_image

STAT = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
PREDICTIONS = {"contract_version": 1, "predictions": {"one": [STAT], "two": [STAT]}}
COPY = "/busybox cp /predictions.json /output/predictions.json"

pytestmark = pytest.mark.usefixtures("state")


@pytest.fixture(scope="module")
def in_registry(registry: Registry) -> Mapping[str, str]:
    """Push predictors; give their references by digest. The engine has none of them any more."""
    predictions = json.dumps(PREDICTIONS).encode()
    return {
        name: registry.push(
            f"team/{name}", COPY, {"predictions.json": predictions, "name": name.encode()}
        )
        for name in ("alone", "had", "tagged", "used")
    }


@pytest.fixture
def pushed(registry: Registry, in_registry: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Give their references, and remove from the engine afterwards what a test leaves there."""
    yield in_registry
    for reference in in_registry.values():
        with suppress(APIError):
            registry.remove(reference)


def gc(*arguments: str) -> dict[str, str | None]:
    """Return why each image that was pulled stays, None if it is removed."""
    ended = runner("gc", "--json", *arguments)
    assert ended.returncode == 0, ended.stderr
    return {one["name"]: one["kept_because"] for one in json.loads(ended.stdout)["images"]}


def names(client: docker.DockerClient, reference: str) -> list[str]:
    with suppress(APIError):
        return [str(name) for name in client.images.get(reference).attrs["RepoDigests"]]
    return []


def evaluate(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("one", "two"):
        write_run(tmp_path / "runs", name)
    command = ["evaluate", *arguments, "--suite", tmp_path / "runs", "--train-runs", "1"]
    return runner(*command, "--out", tmp_path / "results")


def test_images_that_an_evaluation_pulled_are_removed_and_no_others(
    client: docker.DockerClient, pushed: Mapping[str, str], tmp_path: Path
) -> None:
    client.images.pull(pushed["had"])  # the user's, though the runner pulls it too
    ended = evaluate(tmp_path, *pushed.values(), "--pull", "always")
    assert ended.returncode == 0, ended.stderr
    client.images.get(pushed["tagged"]).tag("kept-by-the-user:1")
    container = client.containers.create(pushed["used"])
    try:
        assert gc() == {}
        assert all(names(client, reference) for reference in pushed.values())  # control
        assert gc("--images") == {
            pushed["alone"]: None,
            pushed["tagged"]: "it is named kept-by-the-user:1 too",
            pushed["used"]: "a container uses it",
        }
        assert [name for name, at in pushed.items() if not names(client, at)] == ["alone"]
    finally:
        container.remove()
        client.images.remove("kept-by-the-user:1")
    assert gc("--images") == {pushed["tagged"]: None, pushed["used"]: None}
    assert gc("--images") == {}
    assert names(client, pushed["had"]) == [pushed["had"]]


def test_an_image_that_takes_over_a_name_of_the_user_stays(
    client: docker.DockerClient, engine: Engine, registry: Registry, pushed: Mapping[str, str]
) -> None:
    by_tag = f"{registry.address}/team/alone:1"
    client.images.pull(pushed["had"])
    client.images.get(pushed["had"]).tag(by_tag)
    obtain_image(engine, by_tag, Pull.ALWAYS, print)
    try:
        assert gc("--images") == {}
        assert names(client, by_tag) == [pushed["alone"]]
    finally:
        client.images.remove(by_tag)


def test_an_image_that_the_user_removed_and_pulled_again_or_builds_on_stays(
    client: docker.DockerClient, engine: Engine, pushed: Mapping[str, str]
) -> None:
    """The control is the image beside them that the runner alone had to do with."""
    for name in ("alone", "had", "used"):
        obtain_image(engine, pushed[name], Pull.MISSING, print)
    client.images.remove(pushed["had"])
    client.images.pull(pushed["had"])
    child = OWN.name("child")
    build_image(client, child, {"Dockerfile": f"FROM {pushed['used']}\nLABEL a=b\n".encode()})
    try:
        assert gc("--images") == {
            pushed["alone"]: None,
            pushed["used"]: "another image stands on it",
        }
        obtain_image(engine, pushed["had"], Pull.ALWAYS, print)
    finally:
        client.images.remove(child)
    assert gc("--images") == {pushed["used"]: None}
    assert names(client, pushed["had"]) == [pushed["had"]]


def test_a_version_that_takes_the_name_of_one_pulled_before_is_removed_with_that_one(
    client: docker.DockerClient, engine: Engine, registry: Registry
) -> None:
    by_tag = f"{registry.address}/team/moving:1"
    registry.push("team/moving", COPY, {"version": b"1"})
    first = obtain_image(engine, by_tag, Pull.MISSING, print)
    registry.push("team/moving", COPY, {"version": b"2"}, host="localhost")
    second = obtain_image(engine, by_tag, Pull.ALWAYS, print)
    assert first.id != second.id
    assert set(gc("--images").values()) == {None}
    left = {image.id for image in client.images.list(all=True)}
    assert left.isdisjoint({first.id, second.id})


@pytest.mark.parametrize(("lacking", "is_guess"), [(0, False), (1, True)])
def test_nothing_makes_room_if_all_together_would_not_be_enough_or_others_may_need_it(
    client: docker.DockerClient,
    engine: Engine,
    pushed: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    lacking: int,
    is_guess: bool,
) -> None:
    """If it is a guess how much would be enough, all of them do."""
    monkeypatch.setattr(pulled_images, "free_bytes", lambda _info: 0)
    image = obtain_image(engine, pushed["alone"], Pull.MISSING, print)
    with images_in_use() as held:
        assert held is not None
        assert make_room(engine, held, image.size_bytes + 1, list) == []
        assert make_room(engine, held, image.size_bytes, lambda _recorded: []) == []
        with images_in_use():
            assert make_room(engine, held, image.size_bytes, list) is None
        with recorded("engine") as another:
            assert make_room(engine, held, image.size_bytes, list) is None
            assert names(client, pushed["alone"])
            needed = image.size_bytes + lacking
            removed = make_room(engine, held, needed, list, another.token, is_guess=is_guess)
    assert removed is not None
    assert [one.id for one, _ in removed] == [image.id]
    assert not names(client, pushed["alone"])


def test_none_is_removed_while_an_evaluation_may_need_it(
    client: docker.DockerClient, engine: Engine, pushed: Mapping[str, str]
) -> None:
    obtain_image(engine, pushed["alone"], Pull.MISSING, print)
    with images_in_use():
        ended = runner("gc", "--images")
        assert (ended.returncode, ended.stderr) == (0, "")
        assert "an evaluation is running" in ended.stdout
        assert names(client, pushed["alone"])
    assert f"removed the image {pushed['alone']}" in runner("gc", "--images").stdout
    assert not names(client, pushed["alone"])


def test_what_is_removed_to_make_room_is_known_though_the_runner_is_killed_meanwhile(
    client: docker.DockerClient,
    engine: Engine,
    pushed: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pulled_images, "free_bytes", lambda _info: 0)
    image = obtain_image(engine, pushed["alone"], Pull.MISSING, print)
    assert recall(engine, image.digests[0]) is None  # the control
    remove = pulled_images._remove_names

    def killed(*given: Any) -> None:
        remove(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(pulled_images, "_remove_names", killed)
    with images_in_use() as held:
        assert held is not None
        with pytest.raises(KeyboardInterrupt):
            make_room(engine, held, image.size_bytes, list)
    assert not names(client, pushed["alone"])
    known = recall(engine, image.digests[0])
    assert known is not None
    assert known.id == image.id
