"""The one file that a pull request may add or change, read as data from git's objects.

Nothing of the pull request is checked out: neither its files nor their attributes, hooks or links
reach the disk, where something might run or follow them.
"""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SubmissionError, UsageError
from runner.submissions.submission import MOST_BYTES, Submission, read_submission
from runner.untrusted import quote

FOLDER = "submissions"
PLACE = re.compile(rf"{FOLDER}/([a-z0-9-]+)\.yaml", re.ASCII)
REGULAR_FILE = "100644"
MOST_NAMED = 5

MOST_BYTES_OF_GIT = 1024 * 1024
"""How much of git's output is read: enough for some thousand changes; one is allowed."""


@dataclass(frozen=True)
class Change:
    """A changed path: its mode and object after the change, and git's letter for the change."""

    path: str
    mode: str
    object_id: str
    status: str


def read_pull_request(repository: Path, base: str, head: str) -> Submission:
    """Return the submission that the commits from ``base`` to ``head`` add or change.

    Raises:
        SubmissionError: they change anything else, or the file is not a submission.
        UsageError: this is not a git repository, or it lacks these commits.
    """
    changes = _changes(repository, base, head)
    change = check_changes(changes)
    size = int(_git(repository, "cat-file", "-s", change.object_id))
    if size > MOST_BYTES:
        raise SubmissionError(f"{change.path}: more than {MOST_BYTES} bytes.")
    content = _git(repository, "cat-file", "blob", change.object_id)
    submission = read_submission(content, change.path)
    if change.path != f"{FOLDER}/{submission.submitter}.yaml":
        raise SubmissionError(
            f"{change.path}: the submission of {submission.submitter} belongs in "
            f"{FOLDER}/{submission.submitter}.yaml."
        )
    return submission


def check_changes(changes: list[Change]) -> Change:
    """Return the only change, which adds or changes a submission file.

    Raises:
        SubmissionError: there is another number of changes, or the change is of another kind.
    """
    others = [change for change in changes if not PLACE.fullmatch(change.path)]
    if others:
        named = ", ".join(quote(change.path) for change in others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        raise SubmissionError(
            f"A submission adds or changes {FOLDER}/TEAM.yaml and nothing else; this one changes "
            f"{named}{more}."
        )
    if len(changes) != 1:
        raise SubmissionError(
            f"A submission adds or changes one file {FOLDER}/TEAM.yaml; this one changes "
            f"{len(changes)}."
        )
    (change,) = changes
    if change.status not in ("A", "M") or change.mode != REGULAR_FILE:
        raise SubmissionError(
            f"{change.path}: should be added or changed, as a plain file (mode {REGULAR_FILE}); "
            f"git says {change.status} with mode {change.mode}."
        )
    return change


def _changes(repository: Path, base: str, head: str) -> list[Change]:
    commits = [
        _git(repository, "rev-parse", "--verify", "--end-of-options", f"{each}^{{commit}}")
        for each in (base, head)
    ]
    ids = [commit.decode().strip() for commit in commits]
    bases = _git(repository, "merge-base", "--all", *ids).decode().split()
    if len(bases) != 1:
        # With several merge bases, the changed files would depend on which base is taken.
        raise SubmissionError("The pull request has merges back and forth: rebase it on the base.")
    # Plumbing commands: no configuration or attribute file can make them run a program.
    raw = _git(repository, "diff-tree", "-r", "-z", "--raw", "--no-renames", bases[0], ids[1])
    parts = raw.decode(errors="backslashreplace").split("\0")[:-1]
    return [
        _read_change(description, path)
        for description, path in zip(parts[::2], parts[1::2], strict=True)
    ]


def _read_change(description: str, path: str) -> Change:
    """Return the change of e.g. ``:000000 100644 0000... 1234... A``."""
    _, mode, _, object_id, status = description.split(" ")
    return Change(path, mode, object_id, status)


def _git(repository: Path, *arguments: str) -> bytes:
    """Return what git prints.

    Raises:
        SubmissionError: the output is longer than MOST_BYTES_OF_GIT.
        UsageError: git fails.
    """
    command = ["git", "-C", str(repository), "--no-pager", *arguments]
    try:
        with (
            tempfile.TemporaryFile() as errors,  # not a pipe, which could fill up
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,  # noqa: S603  (a list)
        ):
            assert process.stdout is not None  # noqa: S101  (it is a pipe)
            content = process.stdout.read(MOST_BYTES_OF_GIT + 1)
            if len(content) > MOST_BYTES_OF_GIT:
                process.kill()
                raise SubmissionError(f"git {arguments[0]}: the pull request changes too much.")
            process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="backslashreplace").strip()
    except FileNotFoundError as error:
        raise UsageError("git: not found. A pull request is read from a git repository.") from error
    if process.returncode:
        raise UsageError(
            f"git {arguments[0]} in {repository}: {quote(said, most=300)}. Fetch the base and the "
            "pull request, whole, with `git fetch origin refs/pull/NUMBER/head`."
        )
    return content
