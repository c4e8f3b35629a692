"""A request -> a plan: its images resolved, its suites opened, a place for every report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.building.named import opened_suite
from runner.errors import EngineError, EngineLostError, RunnerError, UsageError
from runner.evaluation.finished_cases import FinishedCases
from runner.evaluation.passes import Pass
from runner.evaluation.request import Request
from runner.evaluation.run_options import RunSettings
from runner.files.signatures import SigningKey
from runner.files.stores import check_store
from runner.progress import Progress, Say, say_first
from runner.reports.report_directory import check_writable, report_directory_name
from runner.sandbox.batch_images import BatchImages
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import check_capacity
from runner.sandbox.engine.image import Image
from runner.sandbox.image_archive import is_archive, load_image_archive
from runner.suites.suite import Suite

FINISHED_CASES = "finished_cases"
"""The folder of finished cases, below the reports' directory."""


@dataclass(frozen=True)
class Plan:
    """Evaluations to be made.

    Attributes:
        passes: the first pass of each evaluation, by its report's directory.
        submitters: the submitter of each image, by its reference.
        left_out: why images are left out, one error each.
        signing_key: signs the reports; a report that it has not signed is made again.
    """

    passes: Mapping[Path, Pass]
    submitters: Mapping[str, str | None]
    left_out: Sequence[RunnerError] = ()
    signing_key: SigningKey | None = None

    @property
    def suites(self) -> list[Suite]:
        """Return the suites, each once."""
        return list({one.suite.digest: one.suite for one in self.passes.values()}.values())


@contextmanager
def open_plan(
    request: Request,
    submitters: Mapping[str, str | None],
    images: BatchImages,
    progress: Progress,
) -> Iterator[Plan]:
    """Yield the plan of a request. Suites that were built for it are removed afterwards.

    Args:
        submitters: of the images to evaluate, by reference.

    Raises:
        UsageError: no image was found, or a report could not be written.
        SuiteError: a suite can't be used.
        EngineError: the engine, or a registry, can't be reached.
    """
    found, left_out = resolve_images(images, list(submitters), request, progress.say)
    with open_suites(request, progress) as suites:
        passes = plan_passes(request, found, suites, submitters, images.engine)
        yield Plan(passes, submitters, left_out, request.signing_key)


@contextmanager
def open_suites(request: Request, progress: Progress) -> Iterator[list[Suite]]:
    """Yield the suites of a request. Those that were built for it are removed afterwards.

    Raises:
        SuiteError: one can't be used.
    """
    with ExitStack() as opened:
        yield [
            opened.enter_context(
                opened_suite(name, request.root_dir, request.draw, progress, request.private)
            )
            for name in request.suites
        ]


def plan_passes(
    request: Request,
    images: Sequence[Image],
    suites: Iterable[Suite],
    submitters: Mapping[str, str | None],
    engine: Engine,
) -> dict[Path, Pass]:
    """Return the first pass of each image on each suite, by the directory of its report.

    Args:
        submitters: of each image, by its reference.

    Raises:
        UsageError: a report could not be written, or the engine can't keep to the limits.
    """
    passes: dict[Path, Pass] = {}
    for suite in suites:
        settings = request.options.on(suite)
        if request.placement.executor == "local":
            policy = settings.policy
            check_capacity(engine.fetch_info(), policy.limits, policy.runtime)
        reports = request.reports_directory(suite.name)
        submitted = [(image, submitters[image.reference]) for image in images]
        passes |= _plan_suite(reports, submitted, suite, settings, passes)
    return passes


def obtain_image(images: BatchImages, reference: str, request: Request, say: Say) -> Image:
    """Return the image that a reference names: on the engine, in a registry or in an archive.

    Only who gives the command may name an archive: a file of submissions has names of strangers.

    Raises:
        UsageError: there is no such image, it is not allowed, or it is for another platform.
        EngineError: the engine, or the registry, can't be reached.
    """
    if is_archive(reference) and reference in request.images:
        image = load_image_archive(images.engine, reference, say)
    else:
        image = images.obtain(reference, request.pull)
    if request.placement.executor == "local":  # a cluster's nodes may be of another platform
        images.engine.images.require_platform(image)
    return image


def resolve_images(
    images: BatchImages, references: Sequence[str], request: Request, say: Say
) -> tuple[list[Image], list[RunnerError]]:
    """Return the images that were found, and why the others were not; announce it.

    Raises:
        UsageError: no image was found; the message is about the first.
        EngineError: the engine can't be reached, or no image could be pulled.
    """
    found: list[Image] = []
    errors: list[RunnerError] = []
    for reference in references:
        try:
            found.append(obtain_image(images, reference, request, say))
        except EngineLostError:
            raise
        except (UsageError, EngineError) as error:
            errors.append(error)
    if not found:
        raise errors[0]
    tell_left_out(errors, say)
    return found, errors


def tell_left_out(errors: Sequence[RunnerError], say: Say) -> None:
    """Say why images are left out."""
    say_first(say, [f"left out: {error}" for error in errors], "images are left out")


def _plan_suite(
    reports: Path,
    submitted: Iterable[tuple[Image, str | None]],
    suite: Suite,
    settings: RunSettings,
    taken: Iterable[Path],
) -> dict[Path, Pass]:
    """Return the first pass of each image on a suite.

    Args:
        submitted: each image with its submitter.
        taken: directories of reports of other suites.

    Raises:
        UsageError: a report could not be written there, or two would be.
    """
    check_store(reports)
    finished = FinishedCases(reports / FINISHED_CASES)
    passes: dict[Path, Pass] = {}
    asked = settings.asked(suite)
    for image, submitter in submitted:
        directory = reports / report_directory_name(image.reference, submitter, asked)
        if directory in passes or directory in taken:
            raise UsageError(
                f"{image.reference}: two images would report to {directory}; leave one out."
            )
        check_writable(directory)
        passes[directory] = Pass(image, suite, settings, finished)
    return passes
