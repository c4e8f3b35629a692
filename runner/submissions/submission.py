"""A submission file, written by a participant: strictly two fields, the image by its digest. Pure.

The text is hostile: it is bounded, only plain scalars are taken from it, and what is shown of it is
quoted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from runner.errors import SubmissionError
from runner.untrusted import quote

FIELDS = ("submitter", "image")
MOST_BYTES = 4096
PLAIN_TEXT = "tag:yaml.org,2002:str"

SUBMITTER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?", re.ASCII)

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(rf"(?:{_HOST})?{_COMPONENT}(?:/{_COMPONENT})*@sha256:[0-9a-f]{{64}}", re.ASCII)
"""Source: the grammar of github.com/distribution/reference, without a tag, the digest required."""

LONGEST_IMAGE = 255 + len("@sha256:") + 64

EXAMPLE = "registry.example/team/predictor@sha256:" + "0123456789abcdef" * 4


@dataclass(frozen=True)
class Submission:
    """Whose it is, and the image by its digest: ``registry/name@sha256:...``."""

    submitter: str
    image: str


def read_submission(content: bytes, name: str) -> Submission:
    """Return the submission in a file.

    Args:
        name: what the file is called in messages.

    Raises:
        SubmissionError: it is anything but the two fields, each once, as plain text.
    """
    fields = _read_fields(content, name)
    wrong = sorted(set(FIELDS) ^ set(fields))
    if wrong:
        kinds = ["unknown" if field not in FIELDS else "missing" for field in wrong]
        shown = ", ".join(
            f"{kind}: {quote(field)}" for kind, field in zip(kinds, wrong, strict=True)
        )
        raise SubmissionError(f"{name}: exactly the fields {' and '.join(FIELDS)} ({shown}).")
    submission = Submission(**fields)
    if not SUBMITTER.fullmatch(submission.submitter):
        raise SubmissionError(
            f"{name}: the submitter {quote(submission.submitter)} should be up to 39 small "
            "letters, digits and hyphens."
        )
    if len(submission.image) > LONGEST_IMAGE or not IMAGE.fullmatch(submission.image):
        raise SubmissionError(
            f"{name}: the image {quote(submission.image)} should be named by its digest alone, "
            f"which `docker push` prints, as a tag may move: e.g. {EXAMPLE}"
        )
    return submission


def check_author(submission: Submission, author: str, teams: Mapping[str, Sequence[str]]) -> None:
    """Refuse a submission of a team by somebody who is not of it.

    Args:
        author: the login of who asks for the change; letters' case does not matter.
        teams: the logins of each submitter, the organizer's.

    Raises:
        SubmissionError: the team is not known, or the author is not of it.
    """
    if submission.submitter not in teams:
        raise SubmissionError(
            f"{submission.submitter} is no team of this competition. Ask the organizers to add it."
        )
    logins = {login.lower() for login in teams[submission.submitter]}
    if author.lower() not in logins:
        raise SubmissionError(
            f"{quote(author)} is not of the team {submission.submitter}, whose submission this is."
        )


def _read_fields(content: bytes, name: str) -> dict[str, str]:
    """Return the fields, of a single mapping of plain text to plain text."""
    if len(content) > MOST_BYTES:
        raise SubmissionError(f"{name}: more than {MOST_BYTES} bytes.")
    try:
        node = yaml.compose(content.decode(), Loader=yaml.SafeLoader)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        # Not its text, which quotes the file.
        raise SubmissionError(f"{name}: not YAML in UTF-8 ({type(error).__name__}).") from error
    if not isinstance(node, yaml.MappingNode):
        raise SubmissionError(f"{name}: should be {' and '.join(f'{f}: ...' for f in FIELDS)}.")
    fields: dict[str, str] = {}
    for key, value in node.value:
        for part in (key, value):
            if not isinstance(part, yaml.ScalarNode) or part.tag != PLAIN_TEXT:
                line = part.start_mark.line + 1
                raise SubmissionError(f"{name}: line {line} should be `field: plain text`.")
        if key.value in fields:
            raise SubmissionError(f"{name}: the field {quote(key.value)} stands there twice.")
        fields[key.value] = value.value
    return fields
