"""The files that a competition's organizer writes: teams, submissions, submitters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    field_validator,
)

from runner.errors import SuiteError, UsageError
from runner.files.submitter_names import checked_name, identity
from runner.files.wrong_fields import fault_below
from runner.files.yaml_files import YamlForm, read_yaml
from runner.leaderboard.submitters import Submitters, refuse_same
from runner.untrusted import quote

_Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]


class Teams(BaseModel):
    """``teams.yaml``: a submitter's name -> the logins of those who may submit for it."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    teams: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]

    @field_validator("teams")
    @classmethod
    def _no_two_are_one(cls, teams: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        refuse_same(teams)
        return teams


class ListedSubmission(BaseModel):
    """A submitter and an image that it submits."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    submitter: Annotated[_Text, AfterValidator(checked_name)]
    image: _Text


def _each_once(listed: list[ListedSubmission]) -> list[ListedSubmission]:
    images: set[str] = set()
    names: dict[str, str] = {}
    for number, each in enumerate(listed):
        first = names.setdefault(identity(each.submitter), each.submitter)
        if first != each.submitter:
            message = (
                f"{quote(each.submitter)} is the same submitter as {quote(first)}: spell it alike"
            )
            raise fault_below(message, number, "submitter")
        if each.image in images:
            raise fault_below(f"{quote(each.image)} is listed twice", number, "image")
        images.add(each.image)
    return listed


_Listed = Annotated[list[ListedSubmission], Field(min_length=1), AfterValidator(_each_once)]

_TEAMS = YamlForm(
    TypeAdapter(Teams), "`teams:`, and below it each team with its logins", UsageError
)
_LISTED: YamlForm[list[ListedSubmission]] = YamlForm(
    TypeAdapter(_Listed, config=ConfigDict(defer_build=True)),
    "a list; each item has a submitter and an image",
    UsageError,
)
_SUBMITTERS = YamlForm(
    TypeAdapter(Submitters), "`submitters:`, and below it each name with its images", SuiteError
)


def read_teams(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the logins of each team.

    Raises:
        UsageError: the file can't be read, or a field is wrong; every wrong one is named.
    """
    return read_yaml(path, _TEAMS).teams


def read_listed(path: Path) -> dict[str, str]:
    """Return each image's submitter, in the order of the list.

    Raises:
        UsageError: the file can't be read, a field is wrong, an image is listed twice, or a
            submitter is spelled in two ways; every wrong field is named.
    """
    return {each.image: each.submitter for each in read_yaml(path, _LISTED)}


def read_submitters(path: Path) -> Submitters:
    """Return the submitter of each image, as the organizer says.

    Raises:
        SuiteError: the file can't be read, or a field is wrong; every wrong one is named.
    """
    return read_yaml(path, _SUBMITTERS)
