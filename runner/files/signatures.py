"""An organizer's keys: Ed25519, in PEM files and with plain signatures, as OpenSSL reads them."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from runner.errors import UsageError
from runner.files.regular_files import open_regular
from runner.files.whole_writes import PRIVATE_FILE, new_file

PUBLIC_SUFFIX = ".pub"
PUBLIC_FILE = 0o644

MOST_BYTES = 10_000
"""Of a key's file that are read; an Ed25519 key has less than 200."""


@dataclass(frozen=True)
class PublicKey:
    """Checks signatures.

    Attributes:
        hex: the key's 32 bytes.
    """

    hex: str

    def has_signed(self, content: bytes, signature: bytes) -> bool:
        """Return whether a signature is this key's, of this content."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.hex))
            key.verify(signature, content)
        except (InvalidSignature, ValueError):  # the second: no key has these bytes
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """Signs what its owner vouches for."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """The key that checks the signatures."""
        return PublicKey(self.private.public_key().public_bytes_raw().hex())

    def sign(self, content: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self.private.sign(content)


def make_key(path: Path) -> tuple[Path, PublicKey]:
    """Write a new private key, which only the user may read; return where the public one is.

    Raises:
        UsageError: one of the two files is there already, or can't be written, or has no name.
    """
    if not path.name:  # as of an empty text
        raise UsageError(f"{path}: a directory. Name the key's file, e.g. organizer.key.")
    private = Ed25519PrivateKey.generate()
    public_path = path.with_name(path.name + PUBLIC_SUFFIX)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write_new(public_path, public_pem, PUBLIC_FILE)
    try:
        _write_new(path, pem, PRIVATE_FILE)
    except BaseException:
        public_path.unlink()
        raise
    return public_path, SigningKey(private).public


def read_signing_key(path: Path) -> SigningKey:
    """Return the private key in a file.

    Raises:
        UsageError: it can't be read, others may read it as well, or it is no such key.
    """
    content, mode = _read(path)
    if b"PUBLIC KEY" in content:
        raise UsageError(f"{path}: a public key, which can't sign. Name the private one.")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(
            f"{path}: others may read it (mode {mode:04o}), and sign with it. If nobody has: "
            f"chmod 600 {path}. Else make another key."
        )
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(_no_key(path, "a private key without a password")) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(_no_key(path, "an Ed25519 key"))
    return SigningKey(key)


def read_public_key(path: Path) -> PublicKey:
    """Return the public key in a file.

    Raises:
        UsageError: it can't be read, or is no such key.
    """
    content, _ = _read(path)
    if b"PRIVATE KEY" in content:
        raise UsageError(
            f"{path}: a private key. To verify, name the public one, {path}{PUBLIC_SUFFIX}."
        )
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(_no_key(path, "a public key")) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(_no_key(path, "an Ed25519 key"))
    return PublicKey(key.public_bytes_raw().hex())


def _no_key(path: Path, what: str) -> str:
    return f"{path}: not {what}. `runner keys make FILE` makes FILE and FILE{PUBLIC_SUFFIX}."


def _read(path: Path) -> tuple[bytes, int]:
    """Return a key's file and its mode."""
    try:
        with open_regular(path) as file:
            return file.read(MOST_BYTES), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except OSError as error:
        raise UsageError(
            f"{path}: the key can't be read ({error.strerror}). `runner keys make FILE` makes one."
        ) from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet, so that no key is lost."""
    try:
        with new_file(path, mode) as file:
            file.write(content)
    except OSError as error:
        raise UsageError(f"{path}: the key can't be written ({error.strerror}).") from error
