"""The organizer's file of submitters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.errors import SuiteError


class Submitters(BaseModel):
    """The organizer's file of submitters.

    Attributes:
        show: only the best entry of each submitter, or all of them.
        submitters: a submitter's name -> the references, IDs or digests of its images.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    show: Literal["best", "all"] = "best"
    submitters: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]


def read_submitters(path: Path) -> Submitters:
    """Return what the organizer's file says.

    Raises:
        SuiteError: it can't be read or has a wrong field; every wrong one is named.
    """
    try:
        return Submitters.model_validate(yaml.safe_load(path.read_bytes()))
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SuiteError(f"{path}: {'; '.join(wrong)}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SuiteError(f"{path}: not a file of submitters ({error})") from error
