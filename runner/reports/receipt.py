"""SHA256SUMS beside a report: the digest of every file, so that a changed byte is found and named.

``sha256sum --check SHA256SUMS`` reads it as well. Its last line is a comment with the digest of
the lines above it, so that a change of the receipt itself is not taken for a change of a file.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from runner.files.stores import files_below, read_file

RECEIPT = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_OWN = "# sha256 of the lines above: "


def make_receipt(files: Mapping[str, bytes]) -> bytes:
    """Return the receipt of some files, by their path below the report's directory."""
    lines = [f"{_sha256(content)}  {name}\n" for name, content in sorted(files.items())]
    text = "".join(lines)
    return f"{text}{_OWN}{_sha256(text.encode())}\n".encode()


def check_receipt(directory: Path) -> list[str]:
    """Return what is wrong with the files of a report, one line each; nothing if all is well."""
    path = directory / RECEIPT
    try:
        content = read_file(path)
    except OSError as error:
        return [f"{RECEIPT}: can't be read ({error.strerror})"]
    sums = _read_sums(content)
    if sums is None:
        return [f"{RECEIPT}: changed since it was written"]
    found = {each.relative_to(directory).as_posix() for each in files_below(directory)} - {RECEIPT}
    added = [f"{name}: added after the report was written" for name in sorted(found - sums.keys())]
    wrong = []
    for name, digest in sums.items():
        if name not in found or (directory / name).is_symlink():
            wrong.append(f"{name}: missing; the report had it when it was written")
        elif _sha256(read_file(directory / name)) != digest:
            wrong.append(f"{name}: changed since the report was written")
    return [*wrong, *added]


def _read_sums(content: bytes) -> dict[str, str] | None:
    """Return the digests by file name, or None if the receipt is not as it was written."""
    body, own, stated = content.rpartition(_OWN.encode())
    if not own or stated != f"{_sha256(body)}\n".encode():
        return None
    lines = [_LINE.fullmatch(line) for line in body.decode().splitlines()]
    return {match[2]: match[1] for match in lines if match is not None}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
