"""The public half of a suite as one archive for participants."""

import gzip
import tarfile
from pathlib import Path
from typing import IO

from runner.errors import SuiteError, UsageError
from runner.files.whole_writes import whole_file
from runner.suites.manifest import PUBLIC
from runner.suites.public_suite import PublicSuite


def publish_suite(suite: PublicSuite, archive: Path) -> None:
    """Write the public half, all that any container sees, as a ``.tar.gz``; equal for equal suites.

    Raises:
        SuiteError: the train half of one case has the actuals of another, and the spec does not
            accept that.
        UsageError: the archive can't be written.
    """
    shared = _shared_run(suite)
    if shared and "shared" not in suite.manifest.choices["accept"]:
        name, trains, evaluates = shared
        raise SuiteError(
            f"{suite.name}: {name} is a train run of {trains} and an eval run of {evaluates}, so "
            "that anyone with the whole public half has its actuals. Publish a suite with a "
            "sampled or an explicit division, or say in the spec that this is intended: "
            "accept: [shared]"
        )
    try:
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
        for path in sorted((suite.root / PUBLIC).rglob("*")):
            if path.is_file():
                _add(tar, path, f"{folder}/{path.relative_to(suite.root).as_posix()}")


def _shared_run(suite: PublicSuite) -> tuple[str, str, str] | None:
    """Return a run that one case trains on and another evaluates, with the two cases."""
    evaluates = {run.number: case.id for case in suite.cases for run in case.eval_runs}
    for case in suite.cases:
        for run in case.train_runs:
            if run.number in evaluates:
                return run.name, case.id, evaluates[run.number]
    return None


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file without its time and its owner."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = path.stat().st_size, 0o644
    with path.open("rb") as file:
        tar.addfile(member, file)
