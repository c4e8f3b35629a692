"""Who submitted an image."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from runner.files.submitter_names import identity
from runner.files.wrong_fields import fault_below
from runner.untrusted import quote


def refuse_same(names: Iterable[str]) -> None:
    """Refuse names of which two are one submitter, or that could be taken for another.

    Raises:
        ValueError: says which.
    """
    seen: dict[str, str] = {}
    for name in names:
        try:
            first = seen.setdefault(identity(name), name)
        except ValueError as error:
            raise fault_below(str(error), name) from error
        if first != name:
            raise fault_below(f"{quote(name)} is the same submitter as {quote(first)}", name)


class Submitters(BaseModel):
    """The organizer's file of submitters.

    Attributes:
        show: only the best entry of each submitter, or all of them.
        submitters: a submitter's name -> the references, IDs or digests of its images.
        baselines: the references, IDs or digests of images that are marked as baselines.
    """

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    show: Literal["best", "all"] = "best"
    submitters: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    baselines: tuple[str, ...] = ()

    @field_validator("submitters")
    @classmethod
    def _no_two_are_one(
        cls, submitters: Mapping[str, tuple[str, ...]]
    ) -> Mapping[str, tuple[str, ...]]:
        refuse_same(submitters)
        return submitters

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
