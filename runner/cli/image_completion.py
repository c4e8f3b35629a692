"""Shell completion of images: those on the engine."""

import click
from click.shell_completion import CompletionItem


def complete_images(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the engine's images that begin with the typed text; none if no engine answers."""
    from runner.sandbox.engine.local_images import local_references  # noqa: PLC0415  (help must not load the engine)

    return [CompletionItem(name) for name in local_references() if name.startswith(incomplete)]
