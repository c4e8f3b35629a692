"""A directory -> the suite in it, open, after checking every byte against its digest."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pydantic import ValidationError

from runner.errors import SuiteError
from runner.files.given_paths import real_path
from runner.files.locks import locked_directory
from runner.files.private_files import warn_if_open
from runner.files.regular_files import read_regular
from runner.progress import Say
from runner.suites.manifest import DIGEST, MANIFEST, PRIVATE, PUBLIC, PrivateManifest, SuiteManifest
from runner.suites.open_half import open_half
from runner.suites.public_suite import DescribedSuite, PublicSuite
from runner.suites.suite import Suite, private_errors


def is_suite(directory: Path) -> bool:
    """Return whether a directory holds a built suite, or at least its public half."""
    return (directory / PUBLIC / MANIFEST).is_file()


def has_private_half(directory: Path) -> bool:
    """Return whether the private half lies beside the public one, so that cases can be scored."""
    return (directory / PRIVATE / MANIFEST).is_file()


def warn_of_private_half(directory: Path, private_root: Path | None, say: Say) -> None:
    """Say so if every user of this machine can read the actuals of a suite.

    Args:
        private_root: where the private half is if not in the suite's directory; it is not shown.
    """
    if private_root is None:
        warn_if_open(directory / PRIVATE, say)
    else:
        warn_if_open(private_root, say, "the private half")


def open_public_half(directory: Path) -> PublicSuite:
    """Return the public half of the suite in a directory, after checking every byte of it.

    Raises:
        SuiteError: as ``open_suite``.
    """
    with not_replaced(directory):
        suite = _read_public_half(directory)
    suite.shown.check()
    return suite


def open_suite(directory: Path, private_root: Path | None = None) -> Suite:
    """Return the suite in a directory, after checking every byte of both halves.

    Args:
        private_root: where the private half is if it is not in there. No message shows it.

    Raises:
        SuiteError: there is no suite of a readable version, or a file has changed since the build;
            names the file.
    """
    with not_replaced(directory):
        suite = read_suite(directory, private_root)
    check_suite(suite)
    return suite


def check_suite(suite: Suite) -> None:
    """Check every byte of both halves.

    Raises:
        SuiteError: names a file that has changed since the build.
    """
    suite.shown.check()
    suite.private.check()


def read_suite(directory: Path, private_root: Path | None = None) -> Suite:
    """Return the suite in a directory; only manifests, and which files there are, are checked.

    Args:
        private_root: as in ``open_suite``.

    Raises:
        SuiteError: as ``open_suite``.
    """
    public = _read_public_half(directory)
    root = directory / PRIVATE if private_root is None else private_root

    def name_file(path: Path) -> str:
        if private_root is None:
            return str(path)
        below = path.relative_to(private_root).as_posix()
        return "the private half" if below == "." else f"{below} of the private half"

    manifest = _read_private_manifest(root, public.manifest, name_file)
    with private_errors(name_file(root)):
        private = open_half(root, manifest, name_file)
    return Suite(public.root, public.digest, public.manifest, public.shown, private, manifest)


def read_manifest(directory: Path) -> DescribedSuite:
    """Return the suite in a directory as its public manifest describes it; no file is opened.

    Raises:
        SuiteError: there is none, or its manifest is not what was frozen.
    """
    path = directory / PUBLIC / MANIFEST
    try:
        content = read_regular(path)
        stated = read_regular(directory / PUBLIC / DIGEST).decode().strip()
    except (OSError, ValueError) as error:
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        raise SuiteError(
            f"{directory}: no suite ({why}). `runner suite build` makes one from HELM runs."
        ) from error
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if stated != digest:
        raise SuiteError(
            f"{path}: its digest is {digest}, but {DIGEST} says {stated!r:.80}. One of the two has "
            "been changed since the suite was built: get it again, or build it again."
        )
    try:
        return DescribedSuite(directory, digest, SuiteManifest.model_validate_json(content))
    except ValidationError as error:
        raise SuiteError(f"{path}: not a suite of a version that this runner reads") from error


@contextmanager
def not_replaced(directory: Path) -> Iterator[None]:
    """Hold a place: meanwhile no build puts another suite there, so that all files are of one."""
    with ExitStack() as held:
        with suppress(OSError):  # reading says what is wrong
            held.enter_context(locked_directory(real_path(directory).parent, is_shared=True))
        yield


def _read_public_half(directory: Path) -> PublicSuite:
    described = read_manifest(directory)
    try:
        shown = open_half(directory / PUBLIC, described.manifest)
    except OSError as error:
        raise SuiteError(f"{directory / PUBLIC}: can't be read ({error})") from error
    return PublicSuite(described.root, described.digest, described.manifest, shown)


def _read_private_manifest(
    root: Path, public: SuiteManifest, name_file: Callable[[Path], str]
) -> PrivateManifest:
    name = name_file(root / MANIFEST)
    try:
        content = read_regular(root / MANIFEST)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SuiteError(
            f"{name}: no such file. Scoring needs the suite's private half, which only the "
            "organizer has; what participants get is the public one. If it is elsewhere, name its "
            f"directory, which holds {MANIFEST}, with --private or SUITE_PRIVATE (in Python: "
            "private=)."
        ) from error
    except OSError as error:
        raise SuiteError(
            f"{name}: can't be read ({error.strerror}). Scoring needs the suite's private half: "
            "ask its owner, or run the command as the user who built it."
        ) from error
    if hashlib.sha256(content).hexdigest() != public.private_sha256:
        raise SuiteError(f"{name}: changed since the suite was built, or from another suite")
    try:
        return PrivateManifest.model_validate_json(content)
    except ValidationError:  # its text could quote what is withheld
        raise SuiteError(f"{name}: not of a version that this runner reads") from None
