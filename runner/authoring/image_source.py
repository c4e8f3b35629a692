"""What an image is built from: a folder with a Dockerfile."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.authoring.build_warnings import find_build_warnings
from runner.authoring.context_files import context_files, reading
from runner.authoring.dockerfile import from_references
from runner.authoring.image_context import read_dockerfile, read_expected, read_fact_sheet
from runner.authoring.image_packages import base_pins
from runner.contract.layout import CONTRACT_VERSION
from runner.reports.fact_sheet import FACTS_LABEL, facts_label
from runner.sandbox.engine.build import CONTRACT_LABEL, EXPECTED_LABEL


@dataclass(frozen=True)
class ImageSource:
    """The source of an image.

    Attributes:
        base: the folder is the base image's, not a predictor's.
        build_args: values of the Dockerfile's ARGs.
    """

    folder: Path
    base: bool
    build_args: Mapping[str, str]

    def from_references(self) -> list[str]:
        """Return the images in the Dockerfile's FROM lines.

        Raises:
            UsageError: there is no Dockerfile, or it names none.
        """
        return from_references(read_dockerfile(self.folder), self.build_args)

    def warnings(self) -> list[str]:
        """Return warnings about a predictor's folder."""
        if self.base:
            return []
        with reading(self.folder):
            return find_build_warnings(self.folder, context_files(self.folder), base_pins())

    def labels(self) -> dict[str, str]:
        """Return what the image says of itself: its contract, what it expects, its fact sheet."""
        labels = {CONTRACT_LABEL: str(CONTRACT_VERSION)}
        if expected := read_expected(self.folder):
            labels[EXPECTED_LABEL] = expected
        if sheet := read_fact_sheet(self.folder):
            labels[FACTS_LABEL] = facts_label(sheet)
        return labels
