"""A pool of threads on an engine, with a sandbox that stands for the real one."""

from pathlib import Path
from typing import Any, cast

import pytest

from runner.contract.limits import Limits
from runner.errors import BugError
from runner.evaluation.budget import Budget
from runner.evaluation.executor import EndedTask
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.local_pool import LocalPool
from runner.evaluation.passes import Pass
from runner.evaluation.run_options import RunSettings
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.run import SandboxRun
from tests.helm_builder import write_suite
from tests.suite_builder import build
from tests.unit.evaluation.builder import RUN

BROKEN = "broken:1"


class Sandbox:
    """Ends every case at once; a bug of ours is met with one image."""

    findings = ()

    def prepare(self, image: Image, *_: object, **_options: object) -> Image:
        return image

    def run(self, image: Image, *_: object) -> SandboxRun:
        if image.reference == BROKEN:
            raise ZeroDivisionError("a secret of ours")
        return RUN


class Engine:
    def describe_version(self) -> str:
        return "none"


def run(tmp_path: Path, *images: str) -> list[EndedTask]:
    suite = build(write_suite(tmp_path), tmp_path / "v1")
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    finished = FinishedCases(tmp_path / "finished")
    passes = [Pass(Image(name, f"sha256:{name}"), suite, settings, finished) for name in images]
    budget = Budget.of_case(Limits())
    pool = LocalPool(cast("Any", Engine()), cast("Any", Sandbox()), 1, budget, lambda _line: None)
    tasks = [task for one in passes for task in one.tasks()]
    suites = {suite.digest: suite.public}
    return list(pool.run(tasks, suites, lambda _task: None, lambda _task, _run: None))


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
