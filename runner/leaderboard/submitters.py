"""Whose an image is."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Submitters(BaseModel):
    """The organizer's file of submitters.

    Attributes:
        show: only the best entry of each submitter, or all of them.
        submitters: a submitter's name -> the references, IDs or digests of its images.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    show: Literal["best", "all"] = "best"
    submitters: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]
