"""A request for evaluations: one value, which rejects contradictory options. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runner.building.draw import Draw
from runner.errors import UsageError
from runner.evaluation.run_options import RunOptions
from runner.files.names import fitting_name
from runner.files.signatures import SigningKey
from runner.files.submitter_names import identity
from runner.sandbox.engine.pull import Pull

DEFAULT_OUT = Path("results")
"""Reports go below this folder if no place is named."""


@dataclass(frozen=True)
class ExecutorChoice:
    """Where cases run.

    Attributes:
        executor: ``local`` or ``ray``.
        address: of the Ray cluster's head.
        shared: where the Ray cluster's nodes find the suites.
        jobs: how many cases run at a time, at most.
        budget: what the containers on this machine's engine may have together.
    """

    executor: str = "local"
    address: str | None = None
    shared: str | None = None
    jobs: int | None = None
    budget: str | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            UsageError: options of Ray without Ray, or Ray without ``shared``.
        """
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(f"--jobs is {self.jobs}; at least 1 case runs at a time.")
        if self.executor == "ray" and self.shared is None:
            raise UsageError(
                "--executor ray needs --shared: a path or URL that all nodes can read, where they "
                "find the suite."
            )
        if self.executor == "ray" and self.budget is not None:
            raise UsageError(
                "--budget is for this machine's engine; Ray's nodes say what they have."
            )
        for option, value in {"--address": self.address, "--shared": self.shared}.items():
            if self.executor != "ray" and value is not None:
                raise UsageError(f"{option} is for --executor ray.")


@dataclass(frozen=True)
class Request:
    """Images, suites and the options of their evaluations. Errors name the options.

    Attributes:
        images: references, as the engine knows them.
        suites: as ``--suite`` takes them.
        submitter: who submitted the images.
        submissions_file: a file of images and their submitters, instead of both.
        root_dir: a benchmark_output directory that holds the runs that ``suites`` names.
        private: where the private half of the one suite is, if not beside the public one.
        draw: how HELM runs that are no suite are divided.
        options: limits, seed and further runs; if one is None, the suite decides.
        placement: where cases run.
        pull: when images are fetched from their registry.
        registries: where images may be fetched from; None for anywhere.
        out: where reports go; below ``results`` by default.
        signing_key: signs the reports.
    """

    images: tuple[str, ...]
    suites: tuple[str, ...]
    submitter: str | None = None
    submissions_file: Path | None = None
    root_dir: Path | None = None
    private: Path | None = None
    draw: Draw = field(default_factory=Draw)
    options: RunOptions = field(default_factory=RunOptions)
    placement: ExecutorChoice = field(default_factory=ExecutorChoice)
    pull: Pull = Pull.NEVER
    registries: Sequence[str] | None = None
    out: Path | None = None
    signing_key: SigningKey | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            UsageError: images are named in both ways or in neither, one private half is named for
                several suites, a suite is named twice, a name is empty or no text, or the
                submitter's could be taken for another.
        """
        is_listed = self.submissions_file is not None
        if is_listed == bool(self.images) or (is_listed and self.submitter is not None):
            raise UsageError(
                "Name images, or a file of images and their submitters with --submissions."
            )
        if self.private is not None and len(self.suites) > 1:
            raise UsageError("--private is the half of one suite; evaluate one suite at a time.")
        if not all(self.images) or not all(self.suites):
            raise UsageError("An image or a suite has an empty name; is a variable not set?")
        if len(set(self.suites)) < len(self.suites):
            raise UsageError("--suite names a suite twice; name each once.")
        if self.submitter is not None:
            check_submitter(self.submitter)

    def submitters(
        self, read_submissions: Callable[[Path], Mapping[str, str]]
    ) -> dict[str, str | None]:
        """Return each image's submitter, or None if nobody is named.

        Args:
            read_submissions: returns each image's submitter in a file; called if one is named.
        """
        if self.submissions_file is None:
            return dict.fromkeys(self.images, self.submitter)
        return {**read_submissions(self.submissions_file)}

    def reports_directory(self, suite_name: str) -> Path:
        """Return where a suite's reports go."""
        if self.out is None or len(self.suites) > 1:
            return (self.out or DEFAULT_OUT) / fitting_name(suite_name)
        return self.out


def check_submitter(name: str) -> None:
    """Refuse a submitter's name that a report can't hold, or that could be taken for another.

    Raises:
        UsageError: it is empty, no valid Unicode, or looks like another.
    """
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"--submitter is {name!r}, which is no valid UTF-8.") from error
    if not name.strip():
        raise UsageError("--submitter is empty; name who submitted the images.")
    try:
        identity(name)
    except ValueError as error:
        raise UsageError(f"--submitter: {error}.") from error
