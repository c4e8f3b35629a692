"""The type of options and arguments that take a path or a URL."""

from pathlib import Path


def store(path_or_url: str) -> Path:
    """Return the place that a path or a URL names; loads what reads URLs only for one.

    Raises:
        UsageError: nothing that is installed reads such a URL, or its server does not answer.
    """
    from runner.files.stores import open_store

    return open_store(path_or_url)
