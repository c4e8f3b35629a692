"""What a cheater keeps of train runs: nothing of what it was chosen from."""

from pathlib import Path

import polars as pl
import pytest

from runner.audit import train_side
from runner.suites.parts import read_part
from tests.helm_builder import stat
from tests.quiz_builder import questions, write_quiz
from tests.suite_builder import build_unaudited

RUNS = 3
OTHER_STATS = [stat(f"another stat with a long name, {number}", 0.5) for number in range(500)]


def kept_bytes(root: Path) -> int:
    """Return the memory of the stats that are kept of runs that have many others."""
    for number in range(RUNS):
        states = questions("AABA")
        model = f"demo/{number}"
        write_quiz(root / "runs", f"a:x={number}", states, model=model, more_stats=OTHER_STATS)
    suite = build_unaudited(
        root / "runs", root / "suite", division={"method": "leave_one_out", "by": "run"}
    )
    kept = train_side.read_train_runs(
        suite.manifest.runs,
        lambda run, path: read_part(suite.part(run, path)),
        ["exact_match", "another stat with a long name, 7"],
        [],
        with_gold=False,
    ).of(suite.manifest.runs)
    assert kept.stats.height == 2 * RUNS
    table = kept.stats.to_arrow(compat_level=pl.CompatLevel.newest())
    arrays = [chunk for column in table.columns for chunk in column.chunks]
    # Texts that no row uses are in buffers too.
    return sum(buffer.size for array in arrays for buffer in array.buffers() if buffer)


def test_no_text_of_other_stats_is_kept(tmp_path: Path) -> None:
    assert kept_bytes(tmp_path) < 2000


def test_control_a_part_of_a_frame_has_the_memory_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_side, "_alone", lambda frame: frame)
    assert kept_bytes(tmp_path) > 20_000
