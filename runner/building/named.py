"""What ``--suite`` may name: a built suite, HELM runs, one of HELM's own suites, the demo."""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from glob import has_magic
from pathlib import Path

from runner.building.demo_suite import DEMO_SUITE
from runner.building.draw import Draw
from runner.building.kept_demo import opened_demo_suite
from runner.errors import SuiteError, UsageError
from runner.files.scratch import remove_dead_scratch, scratch_directory
from runner.progress import SILENT, Progress
from runner.suites.manifest import MANIFEST, PUBLIC
from runner.suites.opening import is_suite, open_public_half, open_suite, warn_of_private_half
from runner.suites.public_suite import PublicSuite
from runner.suites.spec import LONGEST_NAME
from runner.suites.suite import Suite

SUITES = Path("suites")
"""Where built suites are looked for by name, below the working directory."""

LEAST_SIMILARITY = 0.7
"""From here on a name that exists is suggested for one that does not."""


@contextmanager
def opened_suite(
    name: str,
    root_dir: Path | None,
    draw: Draw,
    progress: Progress = SILENT,
    private_root: Path | None = None,
) -> Iterator[Suite]:
    """Yield the suite that a name means. HELM runs are built into a temporary one.

    Args:
        private_root: where the private half of a built suite is, if not beside the public one.

    Raises:
        SuiteError: there is no such suite, or it can't be used.
        UsageError: the draw is asked for in a suite that is frozen, or a private half for HELM
            runs.
    """
    directory = _built_suite(name) if root_dir is None else None
    if directory is not None:
        _refuse_draw(directory, draw)
        progress.say(f"checking every file of the suite {directory}")
        opened = open_suite(directory, private_root)
        warn_of_private_half(directory, private_root, progress.say)
        yield opened
        return
    if private_root is not None:
        raise UsageError(f"{name}: no built suite, so --private can't hold its private half.")
    for left in remove_dead_scratch():
        progress.say(f"removed {left}, left by a runner that was killed")
    if name == DEMO_SUITE and root_dir is None:
        if (SUITES / DEMO_SUITE).is_dir():
            own = SUITES / DEMO_SUITE
            progress.say(f"demo is the suite that comes with the runner; yours is {own}")
        progress.say("reading the HELM runs of demo")
        with opened_demo_suite(draw, progress) as suite:
            yield suite
        return
    from runner.building.drawn import build_drawn  # noqa: PLC0415  (slow; not for a built suite)

    title, source = _helm_runs(name, root_dir)
    progress.say(f"reading the HELM runs of {title}")
    with scratch_directory() as scratch:
        yield build_drawn(title, source, draw, scratch / "suite", progress)


@contextmanager
def opened_public_half(
    name: str,
    root_dir: Path | None,
    draw: Draw,
    progress: Progress = SILENT,
) -> Iterator[PublicSuite]:
    """Yield the public half of the suite that a name means; a published suite is enough.

    Raises:
        SuiteError: there is no such suite, or it can't be used.
        UsageError: the draw is asked for in a suite that is frozen.
    """
    directory = _built_suite(name) if root_dir is None else None
    if directory is None:
        with opened_suite(name, root_dir, draw, progress) as suite:
            yield suite
        return
    _refuse_draw(directory, draw)
    progress.say(f"checking every file of the suite {directory}")
    yield open_public_half(directory)


def _built_suite(name: str) -> Path | None:
    return next((place for place in (Path(name), SUITES / name) if is_suite(place)), None)


def _refuse_draw(directory: Path, draw: Draw) -> None:
    options = {
        "--train-runs": draw.train_runs is not None,
        "--eval-samples": draw.eval_samples is not None,
        "--target": bool(draw.stat_names),
    }
    given = [option for option, is_given in options.items() if is_given]
    if given:
        raise UsageError(
            f"{directory} is a frozen suite: {', '.join(given)} can't change it. Leave the option "
            "out, or build another suite with `runner suite build`."
        )


def _helm_runs(name: str, root_dir: Path | None) -> tuple[str, str | Path]:
    """Return the suite's title and where its HELM runs are."""
    if root_dir is not None:
        return _title(Path(name).name), _suite_of_helm(name, root_dir)
    if not has_magic(name) and not Path(name).exists():
        raise SuiteError(
            f"{name}: no such file or directory, and no suite of this name in ./{SUITES}."
            f"{_suggestion(name)} One of HELM's own suites is named together with --root-dir."
        )
    return _title(Path(name).resolve().name), name


def _title(last: str) -> str:
    """Return a suite's name for runs whose folder or glob may have any."""
    title = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in last)
    return title.lstrip("._-")[:LONGEST_NAME] or "runs"


def _suite_of_helm(name: str, root_dir: Path) -> Path:
    path = root_dir / "runs" / name
    if not path.parent.is_dir():
        raise SuiteError(f"{path.parent}: no such directory. --root-dir is a benchmark_output.")
    if not path.is_dir():
        found = sorted(entry.name for entry in path.parent.iterdir() if entry.is_dir())
        raise SuiteError(f"{path}: no such suite. {root_dir} has: {', '.join(found) or 'none'}.")
    return path


def _suggestion(name: str) -> str:
    """Return a sentence with the nearest name of a suite or a directory there, if one is near."""
    folder = Path(name).parent
    beside = folder.iterdir() if folder.is_dir() else ()
    known = [DEMO_SUITE, *(path.parents[1].name for path in SUITES.glob(f"*/{PUBLIC}/{MANIFEST}"))]
    known += [str(path) for path in beside if path.is_dir()]
    near = get_close_matches(name, known, n=1, cutoff=LEAST_SIMILARITY)
    return f" Did you mean {near[0]}?" if near else ""
