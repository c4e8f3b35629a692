"""The public half of a suite as one archive for participants."""

import gzip
import io
import tarfile
from pathlib import Path
from typing import IO

from runner.errors import UsageError
from runner.files.regular_files import GZIP, refuse_other_kind
from runner.files.whole_writes import whole_file
from runner.suites.manifest import DIGEST, MANIFEST, PUBLIC, to_bytes
from runner.suites.public_suite import PublicSuite
from runner.suites.sharing import refuse_nested, refuse_shared


def publish_suite(suite: PublicSuite, archive: Path) -> None:
    """Write the public half, all that any container sees, as a ``.tar.gz``; equal for equal suites.

    Raises:
        SuiteError: the cases share runs, or reveal more of the same runs, and the spec does not
            accept that.
        UsageError: the archive can't be written.
    """
    refuse_shared(suite, "Anyone with the whole public half has its actuals, or more of them.")
    refuse_nested(suite)
    try:
        refuse_other_kind(archive, GZIP)
        with whole_file(archive) as file:
            write_public_half(suite, file, folder=f"{suite.name}-{suite.manifest.version}")
    except OSError as error:
        raise UsageError(f"{archive}: can't be written ({error.strerror}).") from error


def write_public_half(suite: PublicSuite, file: IO[bytes], folder: str) -> None:
    """Write the public half, below a folder of this name, as a ``.tar.gz``."""
    with (
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as tar,
    ):
        for name, size, content in _public_files(suite):
            member = tarfile.TarInfo(f"{folder}/{PUBLIC}/{name}")  # without its time and its owner
            member.size, member.mode = size, 0o644
            tar.addfile(member, content)


def _public_files(suite: PublicSuite) -> list[tuple[str, int, IO[bytes]]]:
    """Return the name, size and content of every file, sorted by name."""
    texts = {MANIFEST: to_bytes(suite.manifest), DIGEST: f"{suite.digest}\n".encode()}
    held = {name: part.file for name, part in suite.shown.files.items()}
    held |= {name: next(iter(parts.values())).file for name, parts in suite.shown.parts.items()}
    files: list[tuple[str, int, IO[bytes]]] = [
        (name, len(text), io.BytesIO(text)) for name, text in texts.items()
    ]
    files += [(name, file.bytes, file.reader()) for name, file in held.items()]
    return sorted(files, key=lambda file: file[0])
