"""A pool of threads on an engine, with a sandbox that stands for the real one."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from runner.errors import BugError, EngineError
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


class Engine:
    def describe_version(self) -> str:
        return "none"

    def answers(self) -> bool:
        return True


def open_pool(
    tmp_path: Path, *images: str, sandbox: Any, say: Say = SILENT.say
) -> tuple[LocalPool, Iterator[EndedTask]]:
    """Return a pool, and what ends in it; it runs when the first is asked for."""
    suite = build_unaudited(write_suite(tmp_path), tmp_path / "v1")
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    finished = FinishedCases(tmp_path / "finished")
    passes = [Pass(Image(name, f"sha256:{name}"), suite, settings, finished) for name in images]
    budget = Budget(100.0, 10**12)
    engine = cast("Any", Engine())
    pool = LocalPool(engine, sandbox, 1, budget, say)
    tasks = [task for one in passes for task in one.tasks()]
    suites = {suite.digest: suite.public}
    return pool, pool.run(tasks, suites, lambda _task: None, lambda _task, _run: None)


def run(tmp_path: Path, *images: str, sandbox: Any = None) -> list[EndedTask]:
    _, ended = open_pool(tmp_path, *images, sandbox=sandbox or Sandbox())
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
