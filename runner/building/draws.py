"""Which instances of eval runs are revealed, and whether what is shown tells of the others."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from runner.audit.leak import Leak
from runner.audit.noninterference import Shown, find_interference
from runner.files.scratch import scratch_directory
from runner.helm_outputs.frames import read_runs
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import PER_INSTANCE_STATS, RunDirectory
from runner.suites.division_spec import Sampled
from runner.suites.eval_side import make_eval_side
from runner.suites.reveal import draw_budgets, make_reveals
from runner.suites.spec import SuiteSpec


@dataclass(frozen=True)
class Draw:
    """What one budget reveals of an eval run.

    Attributes:
        position: of the budget.
        instance_ids: of the instances that are revealed.
        state: of the generator before it drew.
    """

    replicate: int
    position: int
    instance_ids: tuple[str, ...]
    state: tuple[object, ...]


def draw_run(
    spec: SuiteSpec, frames: RunFrames, rngs: Mapping[int, random.Random]
) -> Iterator[Draw]:
    """Yield what is drawn of a run: for each replicate, what each budget reveals."""
    for replicate, rng in rngs.items():
        state = rng.getstate()
        for position, ids in enumerate(_draw(spec, frames, rng)):
            yield Draw(replicate, position, ids, state)


def _draw(spec: SuiteSpec, frames: RunFrames, rng: random.Random) -> list[tuple[str, ...]]:
    as_magnet = isinstance(spec.division, Sampled)
    return draw_budgets(frames.scenario_states, spec.revealed, rng, as_magnet=as_magnet)


def audit_draws(
    spec: SuiteSpec,
    draws: Sequence[tuple[RunDirectory, Draw]],
    frames: Sequence[Mapping[str, pl.DataFrame]],
) -> list[list[Leak]]:
    """Return by draw what of an eval run is shown and depends on what is withheld.

    Args:
        frames: what is shown of each run, by file below ``/input``.
    """
    shown = [
        Shown(run, each, draw.instance_ids) for (run, draw), each in zip(draws, frames, strict=True)
    ]

    def make_frames(changed: Sequence[RunDirectory]) -> list[dict[str, pl.DataFrame]]:
        return _make_frames(spec, changed, [draw for _, draw in draws])

    shows_instances = spec.revealed.scores or spec.instance_targets
    hidden = () if shows_instances else (PER_INSTANCE_STATS,)
    with scratch_directory() as scratch:
        return find_interference(shown, spec.revealed, hidden, make_frames, scratch)


def _make_frames(
    spec: SuiteSpec, changed: Sequence[RunDirectory], draws: Sequence[Draw]
) -> list[dict[str, pl.DataFrame]]:
    """Return what would be shown of changed runs after the same draws."""
    runs = list(zip(changed, read_runs(changed), strict=True))
    ids = []
    for (_, frames), draw in zip(runs, draws, strict=True):
        same_draws = random.Random()  # noqa: S311
        same_draws.setstate(draw.state)
        ids.append(_draw(spec, frames, same_draws)[draw.position])
    reveals = make_reveals(runs, ids, spec.revealed, spec.instance_targets)
    return [
        make_eval_side(run, frames, spec.revealed, spec.targets).frames | reveal.frames
        for (run, frames), reveal in zip(runs, reveals, strict=True)
    ]
