"""A directory -> the suite in it, after checking every file against its digest."""

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from runner.errors import SuiteError
from runner.suites.manifest import (
    DIGEST,
    MANIFEST,
    PRIVATE,
    PUBLIC,
    FileRecord,
    PrivateManifest,
    SuiteManifest,
    digest_file,
)
from runner.suites.public_suite import PublicSuite
from runner.suites.suite import Suite, private_errors


def is_suite(directory: Path) -> bool:
    """Return whether a directory holds a built suite, or at least its public half."""
    return (directory / PUBLIC / MANIFEST).is_file()


def has_private_half(directory: Path) -> bool:
    """Return whether the private half lies beside the public one, so that cases can be scored."""
    return (directory / PRIVATE / MANIFEST).is_file()


def open_public_half(directory: Path) -> PublicSuite:
    """Return the public half of the suite in a directory, after checking every byte of it.

    Raises:
        SuiteError: as ``open_suite``.
    """
    suite = read_manifest(directory)
    verify_public_half(suite)
    return suite


def open_suite(directory: Path, private_root: Path | None = None) -> Suite:
    """Return the suite in a directory, after checking every byte of both halves.

    Args:
        private_root: where the private half is if it is not in there. No message shows it.

    Raises:
        SuiteError: there is no suite of a readable version, or a file has changed since the build;
            names the file.
    """
    suite = read_suite(directory, private_root)
    verify_suite(suite)
    return suite


def read_suite(directory: Path, private_root: Path | None = None) -> Suite:
    """Return the suite in a directory; only its public manifest is checked.

    Args:
        private_root: as in ``open_suite``.

    Raises:
        SuiteError: as ``read_manifest``.
    """
    public = read_manifest(directory)
    return Suite(public.root, public.digest, public.manifest, private_root)


def read_manifest(directory: Path) -> PublicSuite:
    """Return the public half of the suite in a directory; only its manifest is checked.

    Raises:
        SuiteError: there is none, or its manifest is not what was frozen.
    """
    path = directory / PUBLIC / MANIFEST
    try:
        content = path.read_bytes()
        stated = (directory / PUBLIC / DIGEST).read_text().strip()
    except (OSError, ValueError) as error:
        raise SuiteError(
            f"{directory}: no suite ({error}). `runner suite build` makes one from HELM runs."
        ) from error
    digest = f"sha256:{digest_file(path)}"
    if stated != digest:
        raise SuiteError(
            f"{path}: its digest is {digest}, but {DIGEST} says {stated!r:.80}. One of the two has "
            "been changed since the suite was built: get it again, or build it again."
        )
    try:
        return PublicSuite(directory, digest, SuiteManifest.model_validate_json(content))
    except ValidationError as error:
        raise SuiteError(f"{path}: not a suite of a version that this runner reads") from error


def verify_suite(suite: Suite) -> None:
    """Check that every file of a suite, both halves, is what it was when the suite was built.

    Raises:
        SuiteError: names the first file that was changed, is missing, or has been added.
    """
    verify_public_half(suite)
    with private_errors(suite.private_name(suite.private)):
        check_files(suite.private, read_private(suite).files, suite.private_name)


def verify_public_half(suite: PublicSuite) -> None:
    """Check that every file that containers may see is what it was when the suite was built.

    Raises:
        SuiteError: names the first file that was changed, is missing, or has been added.
    """
    check_files(suite.root / PUBLIC, suite.manifest.files)


def read_private(suite: Suite) -> PrivateManifest:
    """Return the private half's manifest.

    Raises:
        SuiteError: it is not there, or not this suite's.
    """
    path = suite.private / MANIFEST
    name = suite.private_name(path)
    if not path.is_file():
        raise SuiteError(
            f"{name}: no such file. Scoring needs the suite's private half, which only the "
            "organizer has; what participants get is the public one."
        )
    if digest_file(path) != suite.manifest.private_sha256:
        raise SuiteError(f"{name}: changed since the suite was built, or from another suite")
    return PrivateManifest.model_validate_json(path.read_bytes())


def check_files(
    root: Path, files: Mapping[str, FileRecord], name_file: Callable[[Path], str] = str
) -> None:
    """Check that the files below a root are the recorded ones.

    Args:
        name_file: returns a file's name for messages.

    Raises:
        SuiteError: names the first that is not.
    """
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() or path.is_symlink()
    } - {MANIFEST, DIGEST}
    for name in sorted(found - files.keys()):
        shown = name_file(root / name)
        raise SuiteError(f"{shown}: not a file of the suite; it was added after the build")
    for name, record in files.items():
        path = root / PurePosixPath(name)
        if name not in found or path.is_symlink():
            raise SuiteError(f"{name_file(path)}: missing; the suite had it when it was built")
        if path.stat().st_size != record.bytes or digest_file(path) != record.sha256:
            raise SuiteError(
                f"{name_file(path)}: changed since the suite was built. Get the suite, or build "
                "it, again."
            )
