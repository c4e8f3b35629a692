"""SHA256SUMS beside a report: the digest of every file, so that a changed byte is found and named.

``sha256sum --check SHA256SUMS`` reads it as well. Its last line is a comment with the digest of
the lines above it, so that a change of the receipt itself is not taken for a change of a file.

Whoever changes a file can write the receipt again. That they can't if an organizer's key has signed
it: a comment names the public key, and SHA256SUMS.sig is the signature, as OpenSSL checks it too.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.files.signatures import PublicKey, SigningKey
from runner.files.stores import files_below, read_file

RECEIPT = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_SIGNER = re.compile(r"# signed by the Ed25519 key ([0-9a-f]{64})")
_OWN = "# sha256 of the lines above: "


@dataclass(frozen=True)
class _Receipt:
    """What a receipt says: digests by file name, and the key that has signed it, if one has."""

    sums: Mapping[str, str]
    signer: PublicKey | None


def make_receipt(
    files: Mapping[str, bytes], signing_key: SigningKey | None = None
) -> dict[str, bytes]:
    """Return the receipt of some files, by their path below the report's directory.

    Args:
        signing_key: also makes the signature, which comes before the receipt.
    """
    lines = [f"{_sha256(content)}  {name}\n" for name, content in sorted(files.items())]
    if signing_key is not None:
        lines.append(f"# signed by the Ed25519 key {signing_key.public.hex}\n")
    text = "".join(lines)
    receipt = f"{text}{_OWN}{_sha256(text.encode())}\n".encode()
    if signing_key is None:
        return {RECEIPT: receipt}
    return {SIGNATURE: signing_key.sign(receipt), RECEIPT: receipt}


def check_receipt(directory: Path, key: PublicKey | None = None) -> list[str]:
    """Return what is wrong with the files of a report, one line each; nothing if all is well.

    Args:
        key: must have signed the receipt. Without it a signature has to fit the key that the
            receipt names, which anyone could have made.
    """
    path = directory / RECEIPT
    try:
        content = read_file(path)
    except OSError as error:
        return [f"{RECEIPT}: can't be read ({error.strerror})"]
    receipt = _read_receipt(content)
    if receipt is None:
        return [f"{RECEIPT}: changed since it was written"]
    found = {each.relative_to(directory).as_posix() for each in files_below(directory)} - {RECEIPT}
    known = receipt.sums.keys() | ({SIGNATURE} if receipt.signer is not None else set())
    added = [f"{name}: added after the report was written" for name in sorted(found - known)]
    wrong = []
    for name, digest in receipt.sums.items():
        if name not in found or (directory / name).is_symlink():
            wrong.append(f"{name}: missing; the report had it when it was written")
        elif (fault := _content_fault(directory / name, digest)) is not None:
            wrong.append(f"{name}: {fault}")
    return [*_check_signature(directory, content, receipt.signer, key), *wrong, *added]


def _content_fault(path: Path, digest: str) -> str | None:
    try:
        content = read_file(path)
    except OSError as error:
        return f"can't be read ({error.strerror})"
    return None if _sha256(content) == digest else "changed since the report was written"


def _check_signature(
    directory: Path, content: bytes, signer: PublicKey | None, key: PublicKey | None
) -> list[str]:
    """Return what is wrong with the signature of a receipt, at most one line."""
    if signer is None:
        return [] if key is None else [f"{RECEIPT}: not signed"]
    if key is not None and key != signer:
        return [f"{RECEIPT}: signed by another key, {signer.hex}; the key given is {key.hex}"]
    try:
        signature = read_file(directory / SIGNATURE)
    except OSError as error:
        return [f"{SIGNATURE}: can't be read ({error.strerror})"]
    if not signer.has_signed(content, signature):
        return [f"{SIGNATURE}: no signature of {RECEIPT} by its key: one of them was changed"]
    return []


def _read_receipt(content: bytes) -> _Receipt | None:
    """Return what a receipt says, or None if it is not as it was written."""
    body, own, stated = content.rpartition(_OWN.encode())
    if not own or stated != f"{_sha256(body)}\n".encode():
        return None
    try:
        lines = body.decode().splitlines()
    except UnicodeDecodeError:
        return None
    signers = [match[1] for match in map(_SIGNER.fullmatch, lines[-1:]) if match is not None]
    named = [_LINE.fullmatch(line) for line in lines[: len(lines) - len(signers)]]
    sums = {match[2]: match[1] for match in named if match is not None}
    if len(sums) < len(named):
        return None
    return _Receipt(sums, PublicKey(signers[0]) if signers else None)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
