"""``runner gc``."""

from dataclasses import asdict

from runner.authoring.package_images import remove_unused
from runner.cli.echo import echo, echo_json
from runner.errors import ExitCode
from runner.files.scratch import remove_dead_scratch
from runner.sandbox.cleanup import Leftover, collect_garbage
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.pulled_images import PulledImage, remove_pulled
from runner.untrusted import printable

MEGABYTE = 1_000_000  # as `docker images` counts


def gc(images: bool, as_json: bool) -> int:
    """Remove what killed runners left, and print it; return the exit code."""
    engine = Engine.connect()
    collected = collect_garbage(engine, engine_identity(engine.fetch_info()))
    code = ExitCode.ENGINE_FAULT if collected.kept else ExitCode.SCORED
    unused = remove_unused(engine)
    found = remove_pulled(engine) if images else []
    pulled = found or []
    directories = [str(directory) for directory in remove_dead_scratch()]
    if as_json:
        packages = [asdict(image) for image in unused]
        document = {**asdict(collected), "directories": directories, "packages": packages}
        shown = None if found is None else [asdict(image) for image in found]
        echo_json({**document, "images": shown})
        return code
    for leftover in collected.removed:
        echo(f"removed the {leftover.kind} {leftover.name}")
    for directory in directories:
        echo(f"removed the directory {directory}")
    for image in unused:
        size = f"{image.size_bytes / MEGABYTE:.0f} MB with its base"
        echo(f"removed the packages {image.tag}, which no image stands on ({size})")
    for line in map(_describe_image, pulled):
        echo(line)
    if found is None:
        echo("left alone: all images, because an evaluation is running that may need them")
    elif not (collected.removed or directories or unused or pulled):
        echo("nothing was removed" if collected.kept else "nothing to remove")
    for _, reason in collected.kept:
        echo(f"still there: {reason} Restart the engine, then try again.", err=True)
    for leftover in collected.unknown:
        echo(f"{_describe(leftover)} {_command(leftover)}", err=True)
    return code


def _describe_image(image: PulledImage) -> str:
    name = printable(image.name)
    if image.kept_because is not None:
        return f"left alone: the image {name}: {printable(image.kept_because)}"
    size = f"{image.size_bytes / MEGABYTE:.0f} MB with what others share"
    return f"removed the image {name}, which an evaluation pulled ({size})"


def _describe(leftover: Leftover) -> str:
    return (
        f"left alone: the {leftover.kind} {leftover.name} has the runner's label, but is not in "
        "this user's record. If nobody needs it:"
    )


def _command(leftover: Leftover) -> str:
    name = printable(leftover.name)
    command = {"container": "rm -fv", "volume": "volume rm", "network": "network rm"}
    return f"docker {command[leftover.kind]} {name}"
