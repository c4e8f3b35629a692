"""What a shell completes where an image is asked for: those that the engine has."""

import click
from click.shell_completion import CompletionItem


def complete_images(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the references of the engine's images that begin so; none if no engine answers."""
    from runner.sandbox.engine.local_images import local_references  # noqa: PLC0415  (no engine for help)

    return [CompletionItem(name) for name in local_references() if name.startswith(incomplete)]
