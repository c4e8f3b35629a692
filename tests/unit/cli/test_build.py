"""What `runner build` refuses before it needs an engine."""

import pytest
from click.testing import CliRunner

from runner.authoring.image_build import Built
from runner.cli.build import size_text
from runner.cli.main import cli
from runner.errors import UsageError
from runner.sandbox.engine.image import Image


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


@pytest.mark.parametrize("tag", ["", "Mine", "a/../b"])
def test_a_name_that_no_image_can_have_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="not a name for an image"):
        CliRunner().invoke(cli, ["build", "-t", tag], catch_exceptions=False, standalone_mode=False)


def test_an_image_of_no_parts_has_no_list_of_them() -> None:
    built = Built(Image("mine", "sha256:1", size_bytes=0), True, 0, 0, 0, 0)
    assert size_text(built) == "below 0.01 MB"


def test_the_sizes_of_an_images_parts_are_told_in_megabytes() -> None:
    built = Built(
        image=Image("mine", "sha256:1", size_bytes=309_512_003),
        is_new=True,
        base_bytes=309_000_000,
        system_bytes=460_000,
        packages_bytes=0,
        weights_bytes=2,
    )
    shown = "310 MB (base 309, system 0.46, weights below 0.01, code 0.052)"
    assert size_text(built) == shown
