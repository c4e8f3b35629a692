"""Options and arguments that take a path or a URL."""

from pathlib import Path
from typing import Any

import click


class Store(click.ParamType):  # type: ignore[type-arg]  # older versions of click take none
    """Where reports are: a path, or a URL that fsspec knows."""

    name = "path or URL"

    def convert(
        self, value: Any, _parameter: click.Parameter | None, _context: click.Context | None
    ) -> Path:
        """Return the place.

        Raises:
            UsageError: the runner's, not click's: nothing that is installed reads such a URL.
        """
        from runner.stores import open_store

        return open_store(value) if isinstance(value, str) else value
