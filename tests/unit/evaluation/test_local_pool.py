"""A pool of threads on an engine, with a sandbox that stands for the real one."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from runner.errors import BugError, EngineError, LackOfRoomError
from runner.evaluation.budget import Budget
from runner.evaluation.executor import EndedTask
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.local_pool import LocalPool
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.progress import SILENT, Say
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox_run import SandboxRun
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited
from tests.unit.evaluation.builder import RUN

BROKEN = "broken:1"


class Sandbox:
    """Ends every case at once; a bug of ours is met with one image."""

    findings = ()

    def prepare(self, image: Image, *_: object, **_options: object) -> Image:
        return image

    def forget(self, _image: Image) -> None:
        pass

    def run(
        self, image: Image, _wanted: object, _say: object, ended: Callable[[], None]
    ) -> SandboxRun:
        if image.reference == BROKEN:
            raise ZeroDivisionError("a secret of ours")
        ended()
        return RUN


class Overlapping(Sandbox):
    """Reads a case's output until the next case's container runs, or for a few seconds.

    Attributes:
        most: how many containers ran at a time, at most.
        waited: whether each reading saw the next container run.
        fails_once: whether the first reading ends with a fault of the engine.
    """

    def __init__(self, *, tells: bool = True, fails_once: bool = False) -> None:
        self.tells, self.fails_once = tells, fails_once
        self.most = self._running = 0
        self.waited: list[bool] = []
        self._changed = threading.Condition()

    def run(
        self, _image: Image, _wanted: object, _say: object, ended: Callable[[], None]
    ) -> SandboxRun:
        with self._changed:
            self._running += 1
            self.most = max(self.most, self._running)
            self._changed.notify_all()
        time.sleep(0.05)
        with self._changed:
            self._running -= 1
        if self.tells:
            ended()
        with self._changed:
            if not self.waited:
                self.waited.append(self._changed.wait_for(lambda: self._running > 0, 2))
                if self.fails_once:
                    raise EngineError("the output can't be read")
        return RUN


class Removed(Sandbox):
    """Runs a case until its container is removed, or until it is lost if nobody removes it."""

    def __init__(self, lost_after: float) -> None:
        self._lost_after = lost_after
        self._removed = threading.Event()

    def run(
        self, _image: Image, _wanted: object, _say: object, _ended: Callable[[], None]
    ) -> SandboxRun:
        self._removed.wait(self._lost_after)
        raise EngineError("No such container")

    def stop(self) -> None:
        self._removed.set()


class Recording(Sandbox):
    """Records which images' cases are run, and which images are forgotten.

    Attributes:
        seen: the images of the cases, in order; of those forgotten, with a minus.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []

    def forget(self, image: Image) -> None:
        self.seen.append(f"-{image.reference}")

    def run(
        self, image: Image, wanted: object, say: object, ended: Callable[[], None]
    ) -> SandboxRun:
        self.seen.append(image.reference)
        return super().run(image, wanted, say, ended)


class Images:
    """Some of a batch's images are gone; there is room for one more, then for none.

    Attributes:
        fetched: each that was pulled again, with those that had to stay.
    """

    def __init__(self, *gone: str, faults: dict[str, Exception] | None = None) -> None:
        self._gone, self._faults = set(gone), faults or {}
        self.fetched: list[tuple[str, list[str]]] = []

    def is_gone(self, image: Image) -> bool:
        return image.reference in self._gone

    def fetch(self, image: Image, kept: Sequence[str], _later: object) -> None:
        if image.reference in self._faults:
            raise self._faults[image.reference]
        if self.fetched and kept:
            raise LackOfRoomError("no room")
        self._gone.discard(image.reference)
        self.fetched.append((image.reference, sorted(kept)))


class Engine:
    def describe_version(self) -> str:
        return "none"

    def answers(self) -> bool:
        return True


def open_pool(
    tmp_path: Path, *images: str, sandbox: Any, say: Say = SILENT.say, held: Any = None
) -> tuple[LocalPool, Iterator[EndedTask]]:
    """Return a pool, and what ends in it; it runs when the first is asked for."""
    suite = build_unaudited(write_suite(tmp_path), tmp_path / "v1")
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    finished = FinishedCases(tmp_path / "finished")
    passes = [Pass(Image(name, f"sha256:{name}"), suite, settings, finished) for name in images]
    budget = Budget(100.0, 10**12)
    engine = cast("Any", Engine())
    pool = LocalPool(engine, sandbox, 1, budget, held)
    tasks = [task for one in passes for task in one.tasks()]
    suites = {suite.digest: suite.public}
    return pool, pool.run(tasks, suites, lambda _task: None, lambda _task, _run: None, say)


def run(tmp_path: Path, *images: str, sandbox: Any = None, held: Any = None) -> list[EndedTask]:
    _, ended = open_pool(tmp_path, *images, sandbox=sandbox or Sandbox(), held=held)
    return list(ended)


def test_a_bug_while_one_images_container_runs_costs_that_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    broken, sound = run(tmp_path, BROKEN, "a:1")
    assert isinstance(broken.result, BugError)
    assert "a secret of ours" not in str(broken.result)
    assert sound.result == RUN


def test_control_images_without_a_bug_all_have_a_result(tmp_path: Path) -> None:
    assert [one.result for one in run(tmp_path, "b:1", "a:1")] == [RUN, RUN]


def test_the_next_container_runs_while_an_output_is_read_and_never_a_second_one(
    tmp_path: Path,
) -> None:
    sandbox = Overlapping()
    assert [one.result for one in run(tmp_path, "a:1", "b:1", "c:1", sandbox=sandbox)] == [RUN] * 3
    assert sandbox.waited == [True]
    assert sandbox.most == 1


def test_control_a_container_that_is_not_said_to_have_ended_keeps_its_share(
    tmp_path: Path,
) -> None:
    sandbox = Overlapping(tells=False)
    run(tmp_path, "a:1", "b:1", sandbox=sandbox)
    assert sandbox.waited == [False]
    assert sandbox.most == 1


def test_a_case_whose_output_could_not_be_read_waits_for_a_share_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.evaluation.local_pool.PAUSE_SECONDS", 0)
    sandbox = Overlapping(fails_once=True)
    assert [one.result for one in run(tmp_path, "a:1", "b:1", sandbox=sandbox)] == [RUN] * 2
    assert sandbox.waited == [True]
    assert sandbox.most == 1


@pytest.mark.parametrize(("lost_after", "told"), [(60, []), (0, ["No such container"])])
def test_of_a_container_that_is_removed_at_the_end_nothing_is_told(
    tmp_path: Path, lost_after: float, told: list[str]
) -> None:
    """The control is a container that is lost before the end."""
    said: list[str] = []
    sandbox = Removed(lost_after)
    pool, ended = open_pool(tmp_path, "a:1", sandbox=sandbox, say=said.append)
    next_one = threading.Thread(target=lambda: suppressed(ended), daemon=True)
    next_one.start()
    time.sleep(0.2)
    pool.stop()
    next_one.join(5)
    assert [line.split(": ")[1].partition(" Trying")[0] for line in said] == told


def suppressed(ended: Iterator[EndedTask]) -> None:
    with suppress(CancelledError):
        next(ended)


def test_cases_run_by_image_if_one_is_gone_those_first_whose_images_are_there(
    tmp_path: Path,
) -> None:
    sandbox, names = Recording(), ("a:1", "b:1", "a:1", "c:1", "b:1")
    run(tmp_path, *names, sandbox=sandbox, held=Images("a:1"))
    assert sandbox.seen == ["-a:1", "b:1", "b:1", "c:1", "a:1", "a:1"]


def test_control_otherwise_cases_run_in_their_order(tmp_path: Path) -> None:
    sandbox, names = Recording(), ("a:1", "b:1", "a:1")
    run(tmp_path, *names, sandbox=sandbox, held=Images("another:1"))
    assert sandbox.seen == list(names)


def test_the_next_image_is_fetched_meanwhile_and_one_without_room_when_others_are_over(
    tmp_path: Path,
) -> None:
    images = Images("b:1", "c:1")
    ended = run(tmp_path, "a:1", "b:1", "c:1", held=images)
    assert [one.result for one in ended] == [RUN] * 3
    assert images.fetched == [("b:1", ["sha256:a:1"]), ("c:1", [])]


@pytest.mark.parametrize(
    "fault", [EngineError("it can't be pulled again"), LackOfRoomError("no room")]
)
def test_an_image_that_can_not_be_fetched_costs_its_own_cases(
    tmp_path: Path, fault: EngineError
) -> None:
    names = ("a:1", "b:1", "b:1", "c:1")
    ended = run(tmp_path, *names, held=Images("b:1", "c:1", faults={"b:1": fault}))
    results = [(one.task.image.reference, one.result) for one in ended]
    assert sorted(results, key=str) == sorted(
        [("a:1", RUN), ("b:1", fault), ("b:1", fault), ("c:1", RUN)], key=str
    )


def test_a_bug_while_an_image_is_fetched_costs_its_own_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    images = Images("b:1", faults={"b:1": ZeroDivisionError("a secret of ours")})
    ended = {
        one.task.image.reference: one.result for one in run(tmp_path, "b:1", "a:1", held=images)
    }
    assert ended["a:1"] == RUN
    assert isinstance(ended["b:1"], BugError)


class Endless(Images):
    """Its images are pulled until the end of the test."""

    def __init__(self, *gone: str) -> None:
        super().__init__(*gone)
        self.over = threading.Event()

    def fetch(self, *_: object) -> None:
        self.over.wait(60)
        raise EngineError("at last")


def test_a_pool_is_stopped_at_once_while_an_image_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.evaluation.local_pool.PAUSE_SECONDS", 0)
    images, sandbox = Endless("b:1"), Removed(0)
    pool, ended = open_pool(tmp_path, "a:1", "b:1", sandbox=sandbox, held=images)
    assert next(ended).task.image.reference == "a:1"
    begun = time.monotonic()
    pool.stop()
    assert time.monotonic() - begun < 5
    images.over.set()
