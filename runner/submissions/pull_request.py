"""The one file that a pull request may add or change, read as data from git's objects.

Nothing of the pull request is checked out: neither its files nor their attributes, hooks or links
reach the disk, where something might run or follow them.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SubmissionError, UsageError
from runner.submissions.submission import MOST_BYTES, Submission, read_submission
from runner.untrusted import quote

FOLDER = "submissions"
PLACE = re.compile(rf"{FOLDER}/([a-z0-9-]+)\.yaml", re.ASCII)
REGULAR_FILE = "100644"
MOST_NAMED = 5


@dataclass(frozen=True)
class Change:
    """A path that differs: its mode and object after the change, and git's letter for it."""

    path: str
    mode: str
    object_id: str
    status: str


def read_pull_request(repository: Path, base: str, head: str) -> Submission:
    """Return the submission that the commits from ``base`` to ``head`` add or change.

    Raises:
        SubmissionError: they change anything else, or the file is not a submission.
        UsageError: this is no git repository, or it has no such commits.
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
            f"{change.path}: the submission of {submission.submitter} is "
            f"{FOLDER}/{submission.submitter}.yaml."
        )
    return submission


def check_changes(changes: list[Change]) -> Change:
    """Return the only change, which adds or changes a submission file.

    Raises:
        SubmissionError: there are others, or it does something else.
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
        # Which files change would depend on the one that is taken.
        raise SubmissionError("The pull request has merges back and forth: rebase it on the base.")
    # Plumbing, which no configuration and no attribute file makes run anything.
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
    command = ["git", "-C", str(repository), "--no-pager", *arguments]
    try:
        ended = subprocess.run(command, capture_output=True, check=True)  # noqa: S603  (a list)
    except FileNotFoundError as error:
        raise UsageError("git: not found. A pull request is read from a git repository.") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="backslashreplace").strip()
        raise UsageError(
            f"git {arguments[0]} in {repository}: {quote(said, most=300)}. Fetch the base and the "
            "pull request, whole, with `git fetch origin refs/pull/NUMBER/head`."
        ) from error
    return ended.stdout
