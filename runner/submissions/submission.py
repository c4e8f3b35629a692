"""A submission file, written by a participant: strictly two fields, the image by its digest. Pure.

The text is hostile: its length is limited, only plain text is accepted, and any part that is shown
is quoted.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict, TypeAdapter

from runner.errors import SubmissionError
from runner.files.submitter_names import identity
from runner.files.yaml_files import YamlForm, parse_yaml
from runner.sandbox.engine.registries import registry_fault
from runner.untrusted import quote

MOST_BYTES = 4096

SUBMITTER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,37}[a-z0-9])?", re.ASCII)

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(rf"(?:{_HOST})?{_COMPONENT}(?:/{_COMPONENT})*@sha256:[0-9a-f]{{64}}", re.ASCII)
"""Source: the grammar of github.com/distribution/reference, without a tag, the digest required."""

LONGEST_IMAGE = 255 + len("@sha256:") + 64

EXAMPLE = "registry.example/team/predictor@sha256:" + "0123456789abcdef" * 4


def _is_submitter(text: str) -> str:
    if not SUBMITTER.fullmatch(text):
        raise ValueError(
            f"{quote(text)} should be up to 39 small letters, digits and hyphens between them"
        )
    return text


def _is_image(text: str) -> str:
    if len(text) > LONGEST_IMAGE or not IMAGE.fullmatch(text):
        raise ValueError(
            f"{quote(text)} should be named by its digest alone, which `docker push` prints, as a "
            f"tag may move: e.g. {EXAMPLE}"
        )
    return text


class Submission(BaseModel):
    """A submitter, and the image by its digest: ``registry/name@sha256:...``."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    submitter: Annotated[str, Strict(), AfterValidator(_is_submitter)]
    image: Annotated[str, Strict(), AfterValidator(_is_image)]


_SUBMISSION = YamlForm(
    TypeAdapter(Submission), "`submitter: ...` and `image: ...`", SubmissionError, MOST_BYTES
)


def read_submission(content: bytes, name: str) -> Submission:
    """Return the submission in a file.

    Args:
        name: what the file is called in messages.

    Raises:
        SubmissionError: the file is not exactly the two fields, each once, as plain text.
    """
    return parse_yaml(content, name, _SUBMISSION)


def check_author(submission: Submission, author: str, teams: Mapping[str, Sequence[str]]) -> None:
    """Raise an error if the author of a submission is not a member of its team.

    Args:
        author: the login of the pull request's author; upper and lower case are the same.
        teams: the logins of each submitter, from the organizer's file.

    Raises:
        SubmissionError: the team is not known, or the author is not a member.
    """
    same = [name for name in teams if identity(name) == identity(submission.submitter)]
    if not same:
        raise SubmissionError(
            f"{submission.submitter} is not a team of this competition. "
            "Ask the organizers to add it."
        )
    logins = {login.lower() for login in teams[same[0]]}
    if author.lower() not in logins:
        raise SubmissionError(
            f"This is a submission of the team {submission.submitter}. {quote(author)} is not a "
            "member of this team."
        )


def check_registry(submission: Submission, allowed: Sequence[str]) -> None:
    """Raise an error if the image of a submission would be fetched from another registry.

    Raises:
        SubmissionError: names the registries that are allowed.
    """
    fault = registry_fault(submission.image, allowed)
    if fault is not None:
        raise SubmissionError(f"{submission.submitter}: {fault}. Push it to one of them.")
