"""Files that are written beside the reports, e.g. for CI."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import UsageError
from runner.files.given_paths import real_path
from runner.files.regular_files import refuse_other_kind
from runner.files.whole_writes import whole_file


def append_text(path: Path, text: str) -> None:
    """Add to a file that others write to as well, e.g. the summary of a CI job.

    Raises:
        UsageError: it can't be written.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def write_file(path: Path, content: bytes, beginning: bytes) -> None:
    """Write a file, whole or not at all; a device or a pipe is written to directly.

    Args:
        beginning: of every file of this kind; one that begins otherwise is not replaced.

    Raises:
        UsageError: it can't be written.
    """
    with _told(path):
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        refuse_other_kind(path, beginning)
        with whole_file(real_path(path)) as file:  # a symbolic link stays a link
            file.write(content)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{path}: can't be written ({error.strerror}). The reports were "
            "written; run the same command again with another path."
        ) from error
