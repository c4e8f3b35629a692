"""The organizer's file of teams: who may submit for whom."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.errors import UsageError


class Teams(BaseModel):
    """``teams.yaml``: a submitter's name -> the logins of those who may submit for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teams: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]


def read_teams(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the logins of each team.

    Raises:
        UsageError: the file can't be read or has a wrong field; every wrong one is named.
    """
    try:
        return Teams.model_validate(yaml.safe_load(path.read_bytes())).teams
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise UsageError(f"{path}: {'; '.join(wrong)}") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: not a file of teams ({error})") from error
