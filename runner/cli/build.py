"""``runner build``."""

from pathlib import Path

from runner.authoring.carried_folders import base_image_folder
from runner.authoring.image_build import ImageSource, build_predictor
from runner.cli.echo import echo
from runner.cli.live.terminal import open_display
from runner.errors import UsageError
from runner.sandbox.engine.engine import Engine
from runner.untrusted import printable

MEGABYTE = 1_000_000  # as `docker images` counts


def build(directory: str | None, tag: str, base: bool, build_arg: tuple[str, ...]) -> None:
    """Build an image, and say whether it has changed."""
    build_args = dict(argument.partition("=")[::2] for argument in build_arg)
    source = ImageSource(_folder(directory, base=base), base, build_args)
    source.from_references()  # a missing folder is reported before an engine is needed
    for warning in source.warnings():
        echo(f"warning: {printable(warning)}", err=True)
    size = build_predictor(Engine.connect(), source, tag, open_display())
    following = "runner init DIR" if base else f"runner check {tag}"
    if size is None:
        echo(f"{tag}: nothing has changed, the image stays as it is", err=True)
    else:
        echo(f"{tag}: built, {size / MEGABYTE:.0f} MB. Next: {following}", err=True)


def _folder(directory: str | None, *, base: bool) -> Path:
    if directory is None and not base:
        raise UsageError("Name the predictor's folder: runner build DIR -t IMAGE")
    return base_image_folder() if directory is None else Path(directory)
