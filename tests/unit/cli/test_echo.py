"""What a stranger wrote reaches neither a terminal nor a CI's log as it is, in any command."""

import io
import json
import math
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.echo import echo, echo_json
from runner.cli.live.display import LineDisplay
from runner.cli.live.terminal import BarDisplay
from runner.cli.main import cli
from runner.leaderboard.junit import junit_xml
from runner.leaderboard.published import CheckedReport
from runner.leaderboard.summary import summary
from runner.reports.report import REPORT_FILE, Report
from runner.sandbox.docker_command import command_line
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from tests.unit.reports.builder import make_report

HOSTILE = "::stop-commands::x\n ::error::a##[set-output name=image]b##vso[task]c\x1b[2Jd\u202ee\x00"
COMMANDS = ("##[", "##vso[", "\x1b", "\x00", "\u202e")


def is_harmless(shown: str) -> bool:
    starts = [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    return not starts and not any(command in shown for command in COMMANDS)


def hostile_report() -> Report:
    report = make_report()
    image = report.image.model_copy(update={"reference": HOSTILE})
    return report.model_copy(update={"image": image})


def test_control_the_text_itself_is_not_harmless() -> None:
    assert not is_harmless(HOSTILE)
    assert not any(is_harmless(command) for command in COMMANDS)


def test_no_line_that_a_command_prints_is_a_command_of_a_ci(
    capsys: pytest.CaptureFixture[str],
) -> None:
    echo(HOSTILE)
    echo(HOSTILE, err=True)
    LineDisplay().say(HOSTILE)
    with BarDisplay().task(HOSTILE) as task:
        task.show(HOSTILE, 1, 2)
    out, err = capsys.readouterr()
    assert "error::a" in out
    assert is_harmless(out)
    assert is_harmless("".join(line for line in err.splitlines() if "stop-commands" in line))


def test_json_has_the_same_values_without_commands(capsys: pytest.CaptureFixture[str]) -> None:
    document = {HOSTILE: [HOSTILE, "##", "###[", "#"]}
    echo_json(document)
    shown = capsys.readouterr().out
    assert is_harmless(shown)
    assert json.loads(shown) == document


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_foreign_report_is_printed_without_commands(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / REPORT_FILE).write_text(hostile_report().model_dump_json())
    ended = CliRunner().invoke(cli, ["report", str(tmp_path), *options], catch_exceptions=False)
    assert ended.exit_code == 0
    assert is_harmless(ended.output)


def test_a_foreign_report_is_in_junit_and_markdown_without_commands() -> None:
    checked = CheckedReport(hostile_report(), (), None)
    assert is_harmless(junit_xml([checked], {}, is_closed=False).decode())
    assert is_harmless(summary(checked, is_closed=False))


def test_the_command_of_verbose_shows_an_images_variables_without_commands() -> None:
    stderr = io.StringIO()
    image = Image(HOSTILE, "sha256:1", environment={"A": HOSTILE})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stderr)
        LineDisplay().say(command_line(image, SandboxPolicy()))
    assert is_harmless(stderr.getvalue())
    assert shlex.split(stderr.getvalue().partition("as a command of Docker's: ")[2])[0] == "docker"


def test_a_wrong_argument_is_quoted_without_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["runner", "evaluate", f"--{HOSTILE}"])
    from runner.cli.main import main  # noqa: PLC0415  (sets signal handlers only when it runs)

    with pytest.raises(SystemExit):
        main()
    assert is_harmless(capsys.readouterr().err)


def test_a_number_that_json_has_no_word_for_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    echo_json({"a": [math.nan, (math.inf, 1.5)], "b": Path("c")})
    assert json.loads(capsys.readouterr().out) == {"a": [None, [None, 1.5]], "b": "c"}
