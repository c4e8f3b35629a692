"""A plan carried out by an executor that stands for containers."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

import pytest

from runner.cli.live.display import LineDisplay
from runner.cli.live.percent import PercentLines
from runner.errors import BugError, EngineError, RunnerError, UsageError
from runner.evaluation import batch, passes, records, verdict
from runner.evaluation.batch import run_plan
from runner.evaluation.executor import Begin, EndedTask, Executor, Keep, Suites
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.finished_evaluation import FinishedEvaluation
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.plan import Plan
from runner.evaluation.run_options import RunSettings
from runner.evaluation.task import CaseTask
from runner.evaluation.verdict import JudgedCase
from runner.files import private_files
from runner.files.signatures import make_key, read_public_key, read_signing_key
from runner.progress import Say
from runner.reports.receipt import check_receipt
from runner.reports.report import Report
from runner.reports.report_directory import find_report
from runner.sandbox.engine.host import HostFinding
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import Output
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_eval_run_specs
from tests.evaluation_builder import oracle, written
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared_suite

LOST = "lost:1"

BROKEN = "broken:1"


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite()


@dataclass
class Oracle:
    """Has the actuals predicted by every image but one, which the engine never runs."""

    suite: Suite
    engine_version: str = "none"
    findings: tuple[HostFinding, ...] = ()
    ran: list[str] = field(default_factory=list)

    def run(
        self,
        tasks: Sequence[CaseTask],
        suites: Suites,
        begin: Begin,
        keep: Keep,
        say: Say,
    ) -> Iterator[EndedTask]:
        for task in tasks:
            begin(task)
            say(f"{task.title}: still running after 30 s of at most 60 s")
            self.ran.append(task.image.reference)
            if task.image.reference == LOST:
                yield EndedTask(task, EngineError("The engine is gone."))
                continue
            outputs = written(self.suite.actuals(self.suite.case(task.case)), oracle)
            used = ResourceUse(1.0, 0, 1, None, None, is_sampled=False)
            output = Output(outputs, {}, False, 0, 1)
            log = task.image.reference.encode()
            run = SandboxRun(ContainerEnd(0, 1.0), output, log, used, None)
            keep(task, run)
            yield EndedTask(task, run)


@dataclass
class Watching:
    """Keeps all that a watcher is told, and the lines of progress."""

    seen: list[str] = field(default_factory=list)
    batch: list[FinishedEvaluation] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def see_evaluation(self, finished: FinishedEvaluation) -> None:
        self.seen.append(finished.first.image.reference)

    def see_batch(self, finished: Sequence[FinishedEvaluation]) -> None:
        self.batch = list(finished)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def expect(self, passes: Sequence[Pass]) -> None: ...
    def find(self, pass_: Pass, cases: int) -> None: ...
    def begin(self, task: CaseTask) -> None: ...
    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None: ...


def plan(suite: Suite, out: Path, *images: str) -> Plan:
    settings = RunSettings(SandboxPolicy(suite.limits), seed=1)
    finished = FinishedCases(out / "finished")
    planned = {
        out / name.replace(":", "_"): Pass(Image(name, f"sha256:{name}"), suite, settings, finished)
        for name in images
    }
    return Plan(planned, dict.fromkeys(images))


def carry_out(
    made: Plan, executor: Oracle, watching: Watching, progress: CaseProgress | None = None
) -> list[FinishedEvaluation]:
    @contextmanager
    def opened() -> Iterator[Executor]:
        yield executor

    return run_plan(made, opened, progress or watching, [watching])


def test_each_evaluation_is_written_and_seen_and_all_come_back_in_the_plans_order(
    suite: Suite, tmp_path: Path
) -> None:
    watching = Watching()
    finished = carry_out(plan(suite, tmp_path, "b:1", "a:1"), Oracle(suite), watching)
    assert [one.first.image.reference for one in finished] == ["b:1", "a:1"]
    assert sorted(watching.seen) == ["a:1", "b:1"]
    assert watching.batch == finished
    for one in finished:
        assert isinstance(one.result, Report)
        assert one.result.evaluation_key is not None
        assert find_report(one.directory, one.result.evaluation_key) == one.result


def test_how_long_a_case_has_run_is_told_by_the_progress_and_so_withheld_if_it_is_closed(
    suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line would be a digit that a predictor chooses: it can sleep in each case."""
    closed = PercentLines(LineDisplay())
    carry_out(plan(suite, tmp_path / "1", "a:1"), Oracle(suite), Watching(), closed)
    assert "100 %" in (shown := capsys.readouterr().err)
    assert "case" not in shown.replace(" of the cases are over", "")
    watching = Watching()  # the control
    carry_out(plan(suite, tmp_path / "2", "a:1"), Oracle(suite), watching)
    assert any("still running after 30 s" in line for line in watching.lines)


def test_an_engine_fault_is_the_result_of_its_evaluation_and_of_no_other(
    suite: Suite, tmp_path: Path
) -> None:
    watching = Watching()
    lost, made = carry_out(plan(suite, tmp_path, LOST, "a:1"), Oracle(suite), watching)
    assert isinstance(lost.result, EngineError)
    assert not lost.directory.exists()
    assert isinstance(made.result, Report)
    assert any("no report: The engine is gone." in line for line in watching.lines)


def fail_for_one(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    """Let a function of a module meet a bug with what belongs to one image."""
    function = getattr(module, name)

    def fail(*arguments: object, **named: object) -> object:
        if BROKEN in repr(arguments):
            raise ZeroDivisionError("a secret of ours")
        return function(*arguments, **named)

    monkeypatch.setattr(module, name, fail)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (passes, "judge"),
        (records, "with_scores"),
        (records, "case_files"),
        (batch, "write_evaluation"),
    ],
)
def test_a_bug_while_one_image_is_judged_scored_or_reported_costs_only_that_image(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    watching = Watching()
    made = plan(suite, tmp_path, BROKEN, "a:1")
    with monkeypatch.context() as patched:
        fail_for_one(patched, module, name)
        broken, sound = carry_out(made, Oracle(suite), watching)
    assert isinstance(broken.result, BugError)
    assert not broken.directory.exists()
    assert isinstance(sound.result, Report)
    (line,) = [line for line in watching.lines if "no report" in line]
    told = re.match(r"broken:1 on v1: no report: a bug of the runner \(ZeroDiv.* (/\S+)$", line)
    assert told is not None
    assert "secret" not in line
    assert "a secret of ours" in Path(told[1]).read_text()
    executor = Oracle(suite)
    again = carry_out(made, executor, Watching())  # control: without the bug, from what is kept
    assert all(isinstance(one.result, Report) for one in again)
    assert executor.ran == []


def test_a_bug_in_every_case_of_an_image_is_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    division = {"method": "leave_one_out", "by": "run"}
    cases = build_unaudited(write_suite(tmp_path, runs=3), tmp_path / "v1", division=division)
    fail_for_one(monkeypatch, passes, "judge")
    carry_out(plan(cases, tmp_path, BROKEN), Oracle(cases), Watching())
    assert len(cases.cases) == 3
    assert len(list((tmp_path / "state").rglob("runner-bug-*"))) == 1


def test_a_bug_while_one_image_is_shown_costs_only_that_image(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    class Failing(Watching):
        def see_evaluation(self, finished: FinishedEvaluation) -> None:
            if finished.first.image.reference == BROKEN:
                raise ZeroDivisionError

    watching = Failing()
    broken, sound = carry_out(plan(suite, tmp_path, BROKEN, "a:1"), Oracle(suite), watching)
    assert isinstance(broken.result, BugError)
    assert (broken.directory / "report.json").is_file()
    assert isinstance(sound.result, Report)
    assert watching.batch == [broken, sound]


def test_results_that_every_user_can_read_are_warned_of(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_files, "is_open_to_all", is_open_within(tmp_path))
    monkeypatch.setattr(batch, "is_open_to_all", is_open_within(tmp_path))
    watching = Watching()
    carry_out(plan(suite, tmp_path, "a:1"), Oracle(suite), watching)
    assert "warning" not in "".join(watching.lines)  # control: the runner itself makes none
    (tmp_path / "a_1").chmod(0o755)
    carry_out(plan(suite, tmp_path, "a:1"), Oracle(suite), watching)
    (line,) = [line for line in watching.lines if "warning" in line]
    assert line.endswith(f"chmod -R go= {tmp_path}")


def is_open_within(root: Path) -> Callable[[Path], bool]:
    """Return the check, as if everybody could enter the folder of this test."""

    def is_open(directory: Path) -> bool:
        return directory == root or (directory.exists() and bool(directory.stat().st_mode & 1))

    return is_open


def test_a_report_that_is_current_is_seen_and_nothing_runs(suite: Suite, tmp_path: Path) -> None:
    first = carry_out(plan(suite, tmp_path, "a:1"), Oracle(suite), Watching())
    executor, watching = Oracle(suite), Watching()
    again = carry_out(plan(suite, tmp_path, "a:1"), executor, watching)
    assert executor.ran == []
    assert watching.seen == ["a:1"]
    assert again[0].result == first[0].result


def test_control_a_report_is_made_again_if_that_is_asked_for(suite: Suite, tmp_path: Path) -> None:
    carry_out(plan(suite, tmp_path, "a:1"), Oracle(suite), Watching())
    made = plan(suite, tmp_path, "a:1")
    rerun = {
        path: replace(one, settings=replace(one.settings, rerun=True))
        for path, one in made.passes.items()
    }
    executor = Oracle(suite)
    carry_out(replace(made, passes=rerun), executor, Watching())
    assert executor.ran == ["a:1"]


def test_an_error_of_a_watcher_ends_the_batch_and_closes_the_executor(
    suite: Suite, tmp_path: Path
) -> None:
    is_closed = []

    @contextmanager
    def opened() -> Iterator[Executor]:
        try:
            yield Oracle(suite)
        finally:
            is_closed.append(True)

    class Full(Watching):
        def see_evaluation(self, finished: FinishedEvaluation) -> None:
            raise UsageError("the disk is full")

    with pytest.raises(UsageError) as error:
        run_plan(plan(suite, tmp_path, "a:1"), opened, Watching(), [Full()])
    assert is_closed
    assert "full" in str(error.value)


def test_a_case_is_judged_once_for_the_progress_and_the_report(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    judge = verdict.judge

    def count(*arguments: object) -> object:
        judged.append(arguments)
        return judge(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(passes, "judge", count)
    carry_out(plan(suite, tmp_path, "a:1"), Oracle(suite), Watching())
    assert len(judged) == len(suite.cases)


def test_the_run_specs_of_a_suite_are_read_once_for_all_images(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    specs = read_eval_run_specs(suite)

    def count(_suite: Suite) -> object:
        read.append(_suite)
        return specs

    monkeypatch.setattr(records, "read_eval_run_specs", count)
    records.eval_run_specs.cache_clear()
    carry_out(plan(suite, tmp_path, "a:1", "b:1"), Oracle(suite), Watching())
    assert len(read) == 1
    records.eval_run_specs.cache_clear()
    carry_out(plan(suite, tmp_path / "again", "a:1"), Oracle(suite), Watching())
    assert len(read) == 2  # control: reading is counted


def test_control_a_case_that_is_held_no_more_is_judged_again(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.evaluation.judgements.HELD_TARGETS", 1)
    (one,) = carry_out(plan(suite, tmp_path, "a:1"), Oracle(suite), Watching())
    assert isinstance(one.result, Report)
    assert one.result.is_scored


def test_the_batch_knows_neither_the_command_line_nor_competitions() -> None:
    tree = ast.parse(Path(str(batch.__file__)).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    refused = ("click", "runner.cli", "runner.submissions", "runner.leaderboard")
    assert not {name for name in imported if str(name).startswith(refused)}
    assert "runner.evaluation.evaluation" in imported  # control: imports are found


def test_with_a_key_a_report_that_nobody_signed_is_made_again_of_the_finished_cases(
    suite: Suite, tmp_path: Path
) -> None:
    make_key(tmp_path / "key")
    made = plan(suite, tmp_path, "a:1")
    carry_out(made, Oracle(suite), Watching())
    signed = replace(made, signing_key=read_signing_key(tmp_path / "key"))
    executor = Oracle(suite)
    (one,) = carry_out(signed, executor, Watching())
    assert executor.ran == []
    assert check_receipt(one.directory, read_public_key(tmp_path / "key.pub")) == []
    watching = Watching()
    carry_out(signed, executor, watching)  # the control: one that it has signed is not
    assert any("1 of 1 reports are up to date" in line for line in watching.lines)
