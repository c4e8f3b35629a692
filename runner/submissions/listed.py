"""The organizer's list of submissions: whose images are evaluated as one batch."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError

from runner.errors import UsageError
from runner.untrusted import quote

_Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1)]


class ListedSubmission(BaseModel):
    """A submitter and the image that it hands in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    submitter: _Text
    image: _Text


_SUBMISSIONS = TypeAdapter(list[ListedSubmission])


def read_listed(path: Path) -> dict[str, str]:
    """Return each image's submitter, in the order of the list.

    Raises:
        UsageError: the file can't be read, a field is wrong, or an image is listed twice; every
            wrong field is named.
    """
    try:
        listed = _SUBMISSIONS.validate_python(yaml.safe_load(path.read_bytes()))
    except ValidationError as error:
        wrong = "; ".join(f"{_place(each['loc'])}: {each['msg']}" for each in error.errors())
        raise UsageError(
            f"{path}: {wrong}. It is a list; each item has a submitter and an image."
        ) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: not a list of submissions ({error})") from error
    images = [each.image for each in listed]
    twice = next((image for image in images if images.count(image) > 1), None)
    if twice is not None or not listed:
        what = "no submission in it" if twice is None else f"{quote(twice)} is listed twice"
        raise UsageError(f"{path}: {what}.")
    return {each.image: each.submitter for each in listed}


def _place(location: tuple[int | str, ...]) -> str:
    """Return e.g. ``item 2, image``."""
    return ", ".join(f"item {part + 1}" if isinstance(part, int) else part for part in location)
