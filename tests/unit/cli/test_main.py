import inspect
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner.cli import main
from runner.cli.lazy import Late, load
from runner.cli.main import cli
from runner.errors import (
    BuildError,
    EngineError,
    ExitCode,
    RunnerError,
    SuiteError,
    UsageError,
)
from runner.files.user_directories import log_directory
from tests.helm_builder import write_suite
from tests.loaded_modules import loaded_by

RUNNER = Path(sys.executable).with_name("runner")
LARGEST_IMPORT_MICROSECONDS = 500_000


def test_help_lists_the_commands_and_the_exit_codes() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for word in ("build", "evaluate", "Exit codes", "130", "the predictor's fault"):
        assert word in shown


@pytest.mark.parametrize("command", ["build", "doctor", "evaluate", "gc", "leaderboard", "log"])
def test_every_command_has_examples_in_its_help(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "--help"]).output
    assert re.search(rf"Examples:\n +runner {command}", shown)


def import_microseconds(*arguments: str) -> int:
    """Return the cumulative import time that Python reports for the command's own module."""
    command = [sys.executable, "-X", "importtime", "-m", "runner", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    tops = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|", ended.stderr)
    return sum(map(int, tops))


def test_help_takes_less_than_half_a_second_of_imports() -> None:
    """In one of three starts, for a busy machine is slow now and then."""
    times = (import_microseconds("--help") for _ in range(3))
    assert any(each < LARGEST_IMPORT_MICROSECONDS for each in times)


HEAVY = {"docker", "pandas", "polars", "pyarrow", "pydantic", "rich", "helm", "scipy", "numpy"}

HELP_OF_ALL = """
import sys
from runner.cli.lazy import Late, load
from runner.cli.main import cli
for command in [[], *([name] for name in cli.list_commands(None)), ["suite", "build"]]:
    cli([*command, "--help"], standalone_mode=False)
print("loaded:", *sys.modules)
"""


def test_the_help_of_no_command_loads_anything_heavy() -> None:
    command = [sys.executable, "-c", HELP_OF_ALL]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    loaded = set(shown.rpartition("loaded:")[2].split())
    assert shown.count("Usage:") == 2 + len(main.COMMANDS)
    assert "click" in loaded
    assert not HEAVY & loaded


def test_the_list_of_commands_imports_none_of_them() -> None:
    code = "from runner.cli.main import cli; import sys; cli(['--help'], standalone_mode=False)"
    code += "; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "runner.cli.lazy" in shown.stdout.split()
    assert "runner.cli.commands.check" not in shown.stdout.split()


def declared(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[click.Command]:
    """Yield every command below a group."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from declared(command, (*words, name))
        elif command is not None:
            yield command


def test_every_command_takes_what_it_declares() -> None:
    lazy = [command for command in declared(cli) if isinstance(command.callback, Late)]
    assert len(lazy) > 10
    for command in lazy:
        assert isinstance(command.callback, Late)
        takes = inspect.signature(load(command.callback.name)).parameters.values()
        named = {each.name for each in takes if each.kind is not each.VAR_KEYWORD}
        options = {each.name for each in command.params}
        assert named <= options, command.name
        if len(named) == len(takes):
            assert named == options, command.name


def test_python_m_runner_is_the_same_command() -> None:
    command = [sys.executable, "-m", "runner"]
    shown = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("Usage: runner [OPTIONS] COMMAND")
    wrong = subprocess.run([*command, "verify"], capture_output=True, text=True, check=False)
    assert wrong.returncode == ExitCode.USAGE
    assert "Usage: runner verify" in wrong.stderr


@pytest.mark.parametrize("module", ["docker", "pandas", "scipy"])
def test_building_a_suite_loads_nothing_that_it_has_no_use_for(module: str) -> None:
    assert module not in loaded_by("import runner.building.build")


BUILD = """
import sys
from runner.cli.main import main
try:
    main()
finally:
    print("loaded:", *sys.modules)
"""


def test_a_build_does_not_load_pandas_which_arrow_looks_for(tmp_path: Path) -> None:
    division = ["--division", "leave_one_out", "--by", "run", "--instances", "1"]
    options = ["--helm-runs", str(write_suite(tmp_path, runs=3)), "--name", "v1", *division]
    command = [sys.executable, "-c", BUILD, "suite", "build", *options, "-o", str(tmp_path / "v1")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    loaded = shown.rpartition("loaded:")[2].split()
    assert "pyarrow" in loaded
    assert "pandas" not in loaded


@pytest.mark.parametrize(
    ("arguments", "is_left_out"),
    [
        (["suite", "build"], True),
        (["evaluate", "mine"], True),
        (["evaluate", "mine", "--metrics", "mine:bold"], False),
        (["evaluate", "mine", "--metrics=mine:bold"], False),
        (["evaluate", "mine", "--executor", "ray"], False),
        (["report", "results"], False),
    ],
)
def test_pandas_is_left_out_of_commands_that_have_no_use_for_it(
    arguments: list[str], is_left_out: bool
) -> None:
    assert main._has_no_use_for_pandas(arguments) is is_left_out


DRAWN = ("runner.audit.audit", "runner.building.build")
STAGED = ("polars", "pyarrow", "numpy", "runner.suites.parts")
SCORED = ("runner.scores.aggregation", "runner.reports.records")
RANKED = ("runner.leaderboard.standing", "runner.submissions.told")
RUN = ("runner.evaluation.local_pool", "runner.sandbox.sandbox")
UNUSED = ("scipy", *RUN, *DRAWN, *STAGED, *SCORED, *RANKED)
LATE = """
import runner.building.drawn, runner.cli.competitors
import runner.evaluation.compared_passes, runner.evaluation.staged_task
"""


@pytest.mark.parametrize("module", UNUSED)
def test_an_evaluation_that_is_up_to_date_does_not_load(module: str) -> None:
    assert module not in loaded_by("import runner.cli.evaluate")


@pytest.mark.parametrize("module", DRAWN)
def test_control_a_suite_that_must_be_drawn_loads(module: str) -> None:
    assert module in loaded_by(LATE)


@pytest.mark.parametrize("module", STAGED)
def test_control_a_case_that_is_staged_loads(module: str) -> None:
    assert module in loaded_by(LATE)


@pytest.mark.parametrize("module", SCORED)
def test_control_an_evaluation_that_is_scored_loads(module: str) -> None:
    assert module in loaded_by(LATE)


@pytest.mark.parametrize("module", RANKED)
def test_control_an_evaluation_that_is_ranked_loads(module: str) -> None:
    assert module in loaded_by(LATE)


def run_main(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int | str | None:
    def failing_cli(**_options: object) -> None:
        raise error

    monkeypatch.setattr(main, "cli", failing_cli)
    with pytest.raises(SystemExit) as ended:
        main.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("what, where, what to do"), ExitCode.USAGE),
        (SuiteError("what, where, what to do"), ExitCode.BAD_SUITE),
        (BuildError("what, where, what to do"), ExitCode.PREDICTOR_FAULT),
        (EngineError("what, where, what to do"), ExitCode.ENGINE_FAULT),
    ],
)
def test_an_expected_error_is_its_text_and_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: RunnerError,
    code: ExitCode,
) -> None:
    assert run_main(monkeypatch, error) == code
    assert capsys.readouterr().err == "Error: what, where, what to do\n"


@pytest.mark.parametrize(
    "command",
    [
        "suite show {}",
        "suite verify {}",
        "import {} -o out",
        "suite build --name x --helm-runs {}",
        "suite build --name x --helm-runs runs -o {}",
        "init {}",
    ],
)
def test_a_name_that_is_too_long_for_a_file_is_no_bug(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["runner", *command.format("a" * 256).split()])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == ExitCode.USAGE
    assert "aaa...': too long for a path here" in capsys.readouterr().err


def test_control_another_failure_of_a_disk_stays_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch, OSError(5, "Input/output error", "a")) == ExitCode.BUG


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_main(monkeypatch, KeyboardInterrupt()) == 130


INTERRUPTED_IN_A_LIBRARY = """
import os, signal, sys
from enum import Enum
from pydantic import TypeAdapter
from runner.cli import main
from runner.errors import UsageError
from runner.files.bug_log import attempt

class Interrupting(Enum):
    ONE = 1

    @property
    def value(self):
        number = int(sys.argv[1])
        if number:
            os.kill(os.getpid(), number)
        raise ZeroDivisionError

def plain(**_):
    TypeAdapter(Interrupting)  # pydantic tells a SchemaError, whatever is raised

def of_one_image(**_):
    attempt(plain)
    raise ZeroDivisionError  # it would have gone on

def told(**_):
    try:
        plain()
    except Exception as error:
        raise UsageError("it can't be read") from error

main.cli = globals()[sys.argv[2]]
main.main()
"""


@pytest.mark.parametrize(
    ("where", "code"), [("plain", 1), ("of_one_image", 1), ("told", ExitCode.USAGE)]
)
def test_an_interrupt_of_which_a_library_makes_another_exception_is_130(
    where: str, code: int, tmp_path: Path
) -> None:
    def run(signal_number: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", INTERRUPTED_IN_A_LIBRARY, str(signal_number), where]
        environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    for number in (signal.SIGINT, signal.SIGTERM):
        interrupted = run(number)
        assert interrupted.returncode == 130, interrupted.stderr
        assert "bug" not in interrupted.stderr
    assert list(tmp_path.iterdir()) == []
    assert run(0).returncode == code  # control: what it raises by itself


def test_a_bug_keeps_its_traceback_in_a_file_and_shows_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert run_main(monkeypatch, ZeroDivisionError("a secret of ours")) == 1
    said = capsys.readouterr().err
    (log,) = log_directory().iterdir()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert said.count("\n") == 1
    assert str(log) in said
    assert "ZeroDivisionError in" in said
    assert "a secret of ours" not in said
    assert "a secret of ours" in log.read_text()


def test_a_bug_is_kept_among_temporary_files_where_the_users_own_place_is_in_the_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "state").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert run_main(monkeypatch, ZeroDivisionError("a secret of ours")) == 1
    (log,) = (tmp_path / "tmp").iterdir()
    assert str(log) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (UsageError("what, where"), 2, "what, where"),
        (EngineError("what\x1b[2J"), 5, "what"),
        (click.UsageError("no such option"), 2, "no such option"),
        (KeyboardInterrupt(), 130, "Interrupted"),
        (ZeroDivisionError("a secret"), 1, "ZeroDivisionError in"),
    ],
)
def test_with_json_a_failure_is_one_object_on_standard_output(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    error: BaseException,
    code: int,
    told: str,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["runner", "report", "a", "--json"])
    assert run_main(monkeypatch, error) == code
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert set(document) == {"error", "exit_code"}
    assert document["exit_code"] == code
    assert told in document["error"]
    assert told in shown.err
    assert "\x1b" not in shown.out


@pytest.mark.parametrize("arguments", [["report", "a"], ["try", "a", "--", "b", "--json"]])
def test_control_without_json_standard_output_stays_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["runner", *arguments])
    assert run_main(monkeypatch, UsageError("what")) == 2
    assert capsys.readouterr().out == ""


def test_a_failure_after_the_document_adds_no_second_one() -> None:
    code = (
        "from runner.cli import main; from runner.cli.echo import echo_json\n"
        "def cli(**_):\n    echo_json([1])\n    raise main.RunnerError\n"
        "main.RunnerError.exit_code = 2; main.cli = cli; main.main()"
    )
    command = [sys.executable, "-c", code, "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2, ended.stderr
    assert json.loads(ended.stdout) == [1]


def run_wrongly(*arguments: str) -> str:
    """Return what a command says that is not understood."""
    ended = subprocess.run([str(RUNNER), *arguments], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    return ended.stderr


@pytest.mark.parametrize(
    ("arguments", "example"),
    [
        (("evaluate", "image"), "runner evaluate train_mean:latest --suite demo"),
        (("build", "--base"), "runner build my_predictor -t my_predictor"),
        (("try",), "runner try my_predictor --suite demo"),
    ],
)
def test_a_command_that_is_used_wrongly_shows_an_example(
    arguments: tuple[str, ...], example: str
) -> None:
    assert run_wrongly(*arguments).endswith(f"\nFor example: {example}\n")


def test_a_misspelt_command_names_the_nearest() -> None:
    assert "Did you mean 'evaluate'?" in run_wrongly("evaluat")


def test_help_lists_the_commands_in_the_order_of_their_use_and_cuts_no_line() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    of_suite = CliRunner().invoke(cli, ["suite", "--help"]).output
    places = [shown.index(f"\n  {name} ") for name in ("init", "try", "build", "check", "evaluate")]
    assert places == sorted(places)
    assert "..." not in shown.partition("Commands:")[2] + of_suite.partition("Commands:")[2]


def test_every_command_names_the_place_of_its_output_alike() -> None:
    names = [tuple(param.opts) for command in declared(cli) for param in command.params]
    places = [each for each in names if {"-o", "--out", "--output"} & {*each}]
    assert len(places) > 10
    assert set(places) == {("-o", "--out")}


def groups_and_commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[list[str]]:
    yield [*words]
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from groups_and_commands(command, (*words, name))
        else:
            yield [*words, name]


def too_wide(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if len(line) > 80]


@pytest.mark.parametrize("words", [*groups_and_commands(cli)], ids=" ".join)
def test_no_line_of_a_help_is_wider_than_80_columns_and_no_short_help_is_cut(
    words: list[str],
) -> None:
    shown = CliRunner().invoke(cli, [*words, "--help"], terminal_width=80).output
    assert too_wide(shown) == []
    assert "..." not in shown.partition("Commands:")[2].partition("Examples:")[0]


def test_control_a_line_that_is_too_wide_is_found() -> None:
    wide = click.Command("x", epilog="\b\nExamples:\n  runner " + "x" * 80)
    assert len(too_wide(CliRunner().invoke(wide, ["--help"], terminal_width=80).output)) == 1


def test_a_wrong_option_is_2_and_shows_the_usage(tmp_path: Path) -> None:
    environment = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none"}
    command = [str(RUNNER), "evaluate", "image", "--no-such-option"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 2
    assert "No such option" in ended.stderr
    assert "Usage: " in ended.stderr
