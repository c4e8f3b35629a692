"""``runner build``."""

from pathlib import Path

from runner.authoring.carried_folders import base_image_folder
from runner.authoring.image_build import Built, ImageSource, build_predictor
from runner.cli.echo import echo
from runner.cli.live.terminal import open_display
from runner.errors import UsageError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.image_archive import SUFFIX, is_archive, write_image_archive
from runner.untrusted import printable

MEGABYTE = 1_000_000  # as `docker images` counts


def build(
    directory: str | None, tag: str, base: bool, build_arg: tuple[str, ...], export: Path | None
) -> None:
    """Build an image, say whether it has changed, and export it if asked to."""
    if export is not None and not is_archive(export.name):
        raise UsageError(f"--export {export}: the file's name must end in {SUFFIX}.")
    build_args = dict(argument.partition("=")[::2] for argument in build_arg)
    source = ImageSource(_folder(directory, base=base), base, build_args)
    source.from_references()  # a missing folder is reported before an engine is needed
    for warning in source.warnings():
        echo(f"warning: {printable(warning)}", err=True)
    engine = Engine.connect()
    built = build_predictor(engine, source, tag, open_display())
    following = "runner init DIR" if base else f"runner check {tag}"
    if built.is_new:
        echo(f"{tag}: built, {_sizes(built)}. Next: {following}", err=True)
    else:
        echo(f"{tag}: nothing has changed, the image stays as it is", err=True)
    if export is not None:
        size = write_image_archive(engine, built.image, export)
        evaluating = f"runner evaluate {export} --suite demo"
        echo(f"{export}: {_megabytes(size)} MB. Whoever gets it: {evaluating}", err=True)


def _sizes(built: Built) -> str:
    """Return the sizes of the image and its parts: ``520 MB (base 309, packages 210, code 1)``."""
    total = built.image.size_bytes
    parts = {
        "base": built.base_bytes,
        "system": built.system_bytes,
        "packages": built.packages_bytes,
    }
    parts["code"] = total - sum(parts.values())
    shown = ", ".join(f"{name} {_megabytes(size)}" for name, size in parts.items() if size)
    return f"{_megabytes(total)} MB ({shown})"


def _megabytes(size_bytes: int) -> str:
    megabytes = size_bytes / MEGABYTE
    return f"{megabytes:.0f}" if megabytes >= 1 else f"{megabytes:.2g}"


def _folder(directory: str | None, *, base: bool) -> Path:
    if directory is None and not base:
        raise UsageError("Name the predictor's folder: runner build DIR -t IMAGE")
    return base_image_folder() if directory is None else Path(directory)
