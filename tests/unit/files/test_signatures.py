"""Keys of organizers: made, read, refused, and the same to OpenSSL."""

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from runner.errors import UsageError
from runner.files.signatures import make_key, read_public_key, read_signing_key
from tests.hardships import room_for


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "organizer.key")
    return tmp_path / "organizer.key"


def public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


def test_only_the_user_may_read_a_private_key_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key(tmp_path / "key")
    finally:
        os.umask(before)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_signature_is_of_its_content_and_its_key_alone(key: Path, tmp_path: Path) -> None:
    signature = read_signing_key(key).sign(b"content")
    assert read_public_key(public(key)).has_signed(b"content", signature)
    assert not read_public_key(public(key)).has_signed(b"contents", signature)
    assert not read_public_key(public(key)).has_signed(b"content", signature[:-1])
    make_key(tmp_path / "other")
    assert not read_public_key(tmp_path / "other.pub").has_signed(b"content", signature)


def openssl(key: Path, content: Path, signature: Path) -> int:
    command = f"openssl pkeyutl -verify -pubin -inkey {public(key)} -rawin -in {content}"
    given = [*command.split(), "-sigfile", str(signature)]
    return subprocess.run(given, capture_output=True, check=False).returncode


def test_openssl_checks_a_signature_too(key: Path, tmp_path: Path) -> None:
    content, signature = tmp_path / "content", tmp_path / "content.sig"
    content.write_bytes(b"content")
    signature.write_bytes(read_signing_key(key).sign(b"content"))
    assert openssl(key, content, signature) == 0
    content.write_bytes(b"contents")  # the control
    assert openssl(key, content, signature) != 0


def test_no_key_is_written_over(key: Path) -> None:
    before = key.read_bytes(), public(key).read_bytes()
    with pytest.raises(UsageError, match="File exists"):
        make_key(key)
    public(key).unlink()
    with pytest.raises(UsageError, match="File exists"):
        make_key(key)
    assert key.read_bytes() == before[0]
    assert not public(key).exists()  # no public key of another private one is left


def test_a_key_that_others_may_read_signs_nothing(key: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(UsageError, match=r"others may read it \(mode 0640\).*chmod 600"):
        read_signing_key(key)
    key.chmod(0o600)  # the control
    read_signing_key(key)


def test_a_half_in_the_place_of_the_other_is_told(key: Path) -> None:
    with pytest.raises(UsageError, match="a public key, which can't sign"):
        read_signing_key(public(key))
    with pytest.raises(UsageError, match=r"a private key.*organizer\.key\.pub"):
        read_public_key(key)


PEM, PKCS8 = Encoding.PEM, PrivateFormat.PKCS8


def private_keys() -> dict[str, bytes]:
    other = rsa.generate_private_key(65537, 2048)
    own = Ed25519PrivateKey.generate()
    return {
        "empty": b"",
        "binary": bytes(range(256)) * 100,
        "cut off": own.private_bytes(PEM, PKCS8, NoEncryption())[:-30],
        "RSA": other.private_bytes(PEM, PKCS8, NoEncryption()),
        "with a password": own.private_bytes(PEM, PKCS8, BestAvailableEncryption(b"x")),
    }


@pytest.mark.parametrize("name", private_keys())
def test_what_is_no_private_key_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(private_keys()[name])
    path.chmod(0o600)
    with pytest.raises(UsageError, match=r"not a(n Ed25519| private) key.*runner keys make"):
        read_signing_key(path)


def test_what_is_no_public_key_is_refused(tmp_path: Path) -> None:
    other = rsa.generate_private_key(65537, 2048).public_key()
    path = tmp_path / "key.pub"
    for content in (b"", b"\xff\xfe", other.public_bytes(PEM, PublicFormat.SubjectPublicKeyInfo)):
        path.write_bytes(content)
        with pytest.raises(UsageError, match="runner keys make"):
            read_public_key(path)


@pytest.mark.parametrize("place", ["missing", ".", "missing/key"])
def test_a_key_that_can_not_be_read_is_told(tmp_path: Path, place: str) -> None:
    for read in (read_signing_key, read_public_key):
        with pytest.raises(UsageError, match="the key can't be read"):
            read(tmp_path / place)
    with pytest.raises(UsageError, match="the key can't be written"):
        make_key(tmp_path / "missing" / "key")


def test_a_key_without_a_name_is_refused() -> None:
    with pytest.raises(UsageError, match="Name the key's file"):
        make_key(Path())


def test_a_key_that_does_not_fit_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    with room_for(50), pytest.raises(UsageError, match="can't be written"):
        make_key(tmp_path / "k")
    assert list(tmp_path.iterdir()) == []
    make_key(tmp_path / "k")
