"""Who submitted an image."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from runner.files.wrong_fields import fault_below
from runner.untrusted import quote


class Submitters(BaseModel):
    """The organizer's file of submitters.

    Attributes:
        show: only the best entry of each submitter, or all of them.
        submitters: a submitter's name -> the references, IDs or digests of its images.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    show: Literal["best", "all"] = "best"
    submitters: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]]

    @field_validator("submitters")
    @classmethod
    def _each_image_is_of_one(
        cls, submitters: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, tuple[str, ...]]:
        owners: dict[str, str] = {}
        for name, images in submitters.items():
            for number, image in enumerate(images):
                if owners.setdefault(image, name) != name:
                    message = f"{quote(image)} already belongs to {quote(owners[image])}"
                    raise fault_below(message, name, number)
        return submitters
