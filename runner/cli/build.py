"""``runner build``."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from runner.authoring.bases import build_base
from runner.authoring.image_build import Built, build_predictor
from runner.authoring.image_source import ImageSource
from runner.authoring.platforms import BuildPlatform
from runner.cli.echo import echo
from runner.cli.live.terminal import open_display
from runner.errors import UsageError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image_names import require_image_name
from runner.sandbox.image_archive import SUFFIX, is_archive, write_image_archive
from runner.untrusted import printable

MEGABYTE = 1_000_000  # as `docker images` counts
SMALLEST_SHOWN = 0.01
"""In megabytes; of less the number is of no use to anyone."""


def build(
    directory: str | None,
    tag: str,
    base: bool,
    template: str | None,
    build_arg: tuple[str, ...],
    platform: str | None,
    export: Path | None,
) -> None:
    """Build an image, say whether it has changed, and export it if asked to."""
    require_image_name(tag)
    if export is not None and not is_archive(export.name):
        raise UsageError(f"--export {export}: the file's name must end in {SUFFIX}.")
    build_args = dict(argument.partition("=")[::2] for argument in build_arg)
    if template is not None and (directory is not None or not base):
        raise UsageError("--template says which base --base builds, without DIR.")
    if directory is None and base:
        engine = Engine.connect()
        built = build_base(engine, template or "python", tag, build_args, open_display(), platform)
    else:
        source = _source(directory, build_args, base=base)
        engine = Engine.connect()
        built = build_predictor(engine, source, tag, open_display(), platform)
    of_template = f" --template {template}" if template else ""
    following = f"runner init DIR{of_template}" if base else f"runner check {tag}"
    if not base and not BuildPlatform.of(engine, platform).is_engines:
        following += f", on an engine for {platform}; --export writes the image to a file"
    if built.is_new:
        echo(f"{tag}: built, {size_text(built)}. Next: {following}", err=True)
    else:
        echo(f"{tag}: nothing has changed, the image stays as it is", err=True)
    if export is not None:
        size = write_image_archive(engine, built.image, export)
        evaluating = f"runner evaluate {shlex.quote(str(export))} --suite demo"
        echo(f"{export}: {_megabytes(size)} MB. Whoever gets it: {evaluating}", err=True)


def size_text(built: Built) -> str:
    """Return the sizes of the image and its parts: ``520 MB (base 309, packages 210, code 1)``."""
    total = built.image.size_bytes
    parts = {
        "base": built.base_bytes,
        "system": built.system_bytes,
        "packages": built.packages_bytes,
        "weights": built.weights_bytes,
    }
    parts["code"] = total - sum(parts.values())
    shown = ", ".join(f"{name} {_megabytes(size)}" for name, size in parts.items() if size)
    return f"{_megabytes(total)} MB" + (f" ({shown})" if shown else "")


def _megabytes(size_bytes: int) -> str:
    megabytes = size_bytes / MEGABYTE
    if megabytes < SMALLEST_SHOWN:
        return f"below {SMALLEST_SHOWN}"
    return f"{megabytes:.0f}" if megabytes >= 1 else f"{megabytes:.2g}"


def _source(directory: str | None, build_args: Mapping[str, str], *, base: bool) -> ImageSource:
    """Return the source in a folder, after its warnings are printed; no engine is needed yet."""
    if directory is None:
        raise UsageError("Name the predictor's folder: runner build DIR -t IMAGE")
    source = ImageSource(Path(directory), base, build_args)
    source.from_references()  # a missing Dockerfile is reported
    for warning in source.warnings():
        echo(f"warning: {printable(warning)}", err=True)
    return source
