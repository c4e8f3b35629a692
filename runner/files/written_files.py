"""Files that are written beside the reports, e.g. for CI."""

from pathlib import Path

from runner.errors import UsageError


def write_file(path: Path, content: bytes, mode: str) -> None:
    """Write what is told of an evaluation beside its report.

    Raises:
        UsageError: it can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode) as file:
            file.write(content)
    except OSError as error:
        raise UsageError(
            f"{path}: can't be written ({error.strerror}). The reports have been; run the same "
            "command again with another path."
        ) from error
