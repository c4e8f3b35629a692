"""What `runner build` refuses before it needs an engine."""

import pytest
from click.testing import CliRunner

from runner.cli.main import cli
from runner.errors import UsageError


@pytest.mark.parametrize("arguments", [["."], [".", "--base"], []])
def test_a_template_says_only_which_base_is_built(arguments: list[str]) -> None:
    command = ["build", *arguments, "--template", "r", "-t", "mine"]
    with pytest.raises(UsageError, match="--template says which base --base builds"):
        CliRunner().invoke(cli, command, catch_exceptions=False, standalone_mode=False)


def test_control_without_a_template_the_folder_is_asked_for() -> None:
    with pytest.raises(UsageError, match="Name the predictor's folder"):
        CliRunner().invoke(
            cli, ["build", "-t", "mine"], catch_exceptions=False, standalone_mode=False
        )
