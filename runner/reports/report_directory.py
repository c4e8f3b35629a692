"""The directory of one report: written whole or not at all, and found again."""

import itertools
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from runner.contract.limits import KIB
from runner.errors import SuiteError, UsageError
from runner.files.names import fitting_name, safe_name
from runner.files.signatures import PublicKey, SigningKey
from runner.files.stores import (
    files_below,
    is_remote,
    reaching,
    read_file,
    write_files,
)
from runner.files.whole_writes import fill_directory, put_in_place, unfinished_directory
from runner.reports.receipt import RECEIPT, check_receipt, make_receipt
from runner.reports.record_files import record_files
from runner.reports.report import REPORT_FILE, Evaluation, Report, read_report

SMALL_REPORT_BYTES = 128 * KIB
"""What a report of one case takes: where that can't be written, no container need run."""


def find_report(
    directory: Path, evaluation_key: str, signer: PublicKey | None = None
) -> Report | None:
    """Return the report in a directory, or None if it has to be made.

    Args:
        evaluation_key: the wanted report's key. A report with another key is not returned, nor one
            with a changed byte.
        signer: must have signed it: anyone could have made another.
    """
    report = _intact_report(directory, signer)
    return report if report is not None and report.evaluation_key == evaluation_key else None


def check_writable(directory: Path) -> None:
    """Refuse, before anything has run, a place where a report could not be written.

    Raises:
        UsageError: it is something else than a report, or can't be written.
    """
    if is_remote(directory):
        return  # what is there is a report, perhaps half of one; check_store has tried to write
    try:
        places = (directory, *directory.absolute().parents)
        nearest = next(path for path in places if path.exists())
    except OSError as error:
        raise UsageError(
            f"{directory}: reports can't be written there ({error.strerror}). Name another place "
            "with --out."
        ) from error
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise UsageError(
            f"{directory}: reports can't be written, because {nearest} is not a directory that can "
            "be written to. Name another place with --out."
        )
    if not directory.exists():
        _try_to_write(directory, nearest)
    if directory.exists() and not any((directory / n).is_file() for n in (REPORT_FILE, RECEIPT)):
        raise UsageError(f"{directory}: exists and is no report; name another place with --out.")


def _try_to_write(directory: Path, nearest: Path) -> None:
    """Write a file that has no name: a full disk, or one like /proc, has the right to write too."""
    try:
        with TemporaryFile(dir=nearest) as file:
            file.write(bytes(SMALL_REPORT_BYTES))
    except OSError as error:
        raise UsageError(
            f"{directory}: reports can't be written, because {nearest} takes no file "
            f"({error.strerror}). Free space, or name another place with --out."
        ) from error


def write_evaluation(
    evaluation: Evaluation, directory: Path, signing_key: SigningKey | None = None
) -> Path | None:
    """Write the report and its files, whole or not at all; return where an earlier one is kept.

    At a URL each file is written whole or not at all, the receipt last: without it the report is
    made again.

    A report of the same evaluation that is there already is replaced. One of another evaluation
    (another image under the same name, another version of the suite) is kept beside it, its time
    added to its name. One that can't be read, or has a changed byte, is kept too, but hidden: no
    leaderboard counts it.

    Args:
        signing_key: signs the report.

    Raises:
        UsageError: the directory can't be written, or holds something else.
    """
    if is_remote(directory):
        return _write_remotely(evaluation, directory, signing_key)
    try:
        with unfinished_directory(directory, is_private=True) as unfinished:
            fill_directory(unfinished, _files(evaluation, signing_key))
            return _put_in_place(unfinished, directory, evaluation.report)
    except OSError as error:
        raise UsageError(
            f"{directory}: the report can't be written ({error.strerror}). Free space or name "
            "another place with --out; an earlier report there is untouched."
        ) from error


def _files(evaluation: Evaluation, signing_key: SigningKey | None) -> dict[str, bytes]:
    """Return all files of the report, the receipt last."""
    text = evaluation.report.model_dump_json(indent=2) + "\n"
    records = record_files(evaluation.records)
    files = {**evaluation.files, **records, REPORT_FILE: text.encode()}
    return {**files, **make_receipt(files, signing_key)}


def _write_remotely(
    evaluation: Evaluation, directory: Path, signing_key: SigningKey | None
) -> Path | None:
    earlier_files = files_below(directory)
    kept = _copy_aside(directory, earlier_files, evaluation.report) if earlier_files else None
    contents = _files(evaluation, signing_key)
    files = {directory / name: content for name, content in contents.items()}
    for _ in range(MOST_WRITES):
        with reaching(directory):
            (directory / RECEIPT).unlink(missing_ok=True)
            for path in earlier_files:
                if path not in files and path.name != RECEIPT:
                    path.unlink(missing_ok=True)
        write_files(files)
        # Another runner may have written the same report meanwhile: whoever is last sees a mixture.
        if not check_receipt(directory):
            return kept
        earlier_files = files_below(directory)
    raise UsageError(
        f"{directory}: other runners write the same report at the same time. Run the same command "
        "again when they have ended, or name another place with --out."
    )


def _copy_aside(directory: Path, files: Sequence[Path], report: Report) -> Path | None:
    """Keep a copy of what is there, except a report of the same evaluation; return where."""
    earlier = _intact_report(directory)
    if earlier is not None and earlier.run_identity == report.run_identity:
        return None
    with reaching(directory):
        aside = _aside(directory, earlier)
    contents = {}
    for each in files:
        with suppress(FileNotFoundError):  # another runner is replacing it
            contents[aside / each.relative_to(directory).as_posix()] = read_file(each)
    write_files(contents)
    return aside


def _aside(directory: Path, earlier: Report | None) -> Path:
    name = f".{directory.name}.changed"
    if earlier is not None:
        name = f"{directory.name}{_kept_suffix(earlier)}"
    return _free_name(directory.with_name(name))


def _put_in_place(unfinished: Path, directory: Path, report: Report) -> Path | None:
    """Move a report into place; return where the earlier one is kept, if it is of another run."""
    if not directory.exists():
        put_in_place(unfinished, directory)
        return None
    check_writable(directory)
    earlier = _intact_report(directory)
    is_same = earlier is not None and earlier.run_identity == report.run_identity
    aside = None if is_same else _aside(directory, earlier)
    put_in_place(unfinished, directory, aside)
    return aside


def _intact_report(directory: Path, signer: PublicKey | None = None) -> Report | None:
    """Return the report in a directory, or None if it can't be read or a byte has changed.

    Args:
        signer: must have signed it.
    """
    try:
        report = read_report(directory)
    except SuiteError:
        return None
    return None if check_receipt(directory, signer) else report


def place_of(directory: Path, report: Report) -> Path:
    """Return where a report was written, if it has been kept beside a later one since."""
    name, _, _ = directory.name.rpartition(_kept_suffix(report))
    return directory.with_name(name) if name else directory


def _kept_suffix(report: Report) -> str:
    return f".{report.created.replace(':', '')}"


def _free_name(path: Path) -> Path:
    numbered = (path.with_name(f"{path.name}.{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], numbered) if not name.exists())


def report_directory_name(
    image_reference: str, submitter: str | None = None, asked: Sequence[str] = ()
) -> str:
    """Return the directory's name for an image: ``team/img:1`` -> ``team_img_1``.

    Args:
        submitter: who submitted it; added as ``+by-team-a``.
        asked: what was asked for besides the suite's own settings, e.g. ``seed-7``; added too.
    """
    image = safe_name(image_reference.removesuffix(":latest"), "/:@")
    by = [] if submitter is None else [f"by-{safe_name(submitter)}"]
    return fitting_name("+".join([image, *by, *map(safe_name, asked)]))


MOST_WRITES = 5
"""How often a report is written at a URL until it is whole there."""
