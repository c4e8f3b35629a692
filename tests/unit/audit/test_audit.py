"""The audit of a suite without leaks, and the memory that an audit takes."""

import gc
import tracemalloc
from pathlib import Path

import polars as pl
import pytest

from runner.audit import cheater
from runner.audit.audit import audit_suite
from runner.audit.revealed_items import RevealedItem, read_revealed
from runner.audit.staged_bytes import find_in_archive
from runner.files.input_archive import input_archive
from runner.suites.opening import read_suite
from tests.quiz_builder import questions, write_quiz
from tests.suite_builder import build, shared_suite, stage

FEW, MANY = 4, 16
MODELS = 4

MOST_KB = 20
"""Of Python's objects, by which a further run may raise the peak.

What Polars and Arrow keep is not counted: that varies by megabytes from time to time.
"""


def test_the_suites_of_the_builder_are_clean(tmp_path: Path) -> None:
    suite = shared_suite()
    assert audit_suite(suite).leaks == ()
    assert find_in_archive("case-1", input_archive(stage(suite).files)) == []


def peak_kb(suite: Path) -> float:
    """Return the peak of Python's memory while a suite is read and audited."""
    gc.collect()
    tracemalloc.start()
    try:
        audit_suite(read_suite(suite), earlier=())
        return tracemalloc.get_traced_memory()[1] / 1000
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with suites of few and of many runs, each a quiz of 20 questions."""
    root = tmp_path_factory.mktemp("suites")
    for runs in (FEW, MANY):
        source = root / f"runs of {runs}"
        for number in range(runs):
            model = f"demo/{number % MODELS}"
            write_quiz(source, f"quiz:x={number}", questions("AABA" * 5), model=model)
        division = {"method": "leave_one_out", "by": "model"}
        build(source, root / str(runs), division=division, revealed={"instances": 10})
    return root


def kb_per_run(suites: Path) -> float:
    """Return by how much each further run raises the peak."""
    few, many = peak_kb(suites / str(FEW)), peak_kb(suites / str(MANY))
    return (many - few) / (MANY - FEW)


def test_a_further_run_takes_few_kilobytes(suites: Path) -> None:
    assert kb_per_run(suites) < MOST_KB


def test_control_it_takes_more_if_what_the_runs_reveal_is_kept(
    suites: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[list[RevealedItem]] = []

    def read_and_keep(states: pl.DataFrame) -> list[RevealedItem]:
        kept.append(read_revealed(states))
        return kept[-1]

    monkeypatch.setattr(cheater, "read_revealed", read_and_keep)
    assert kb_per_run(suites) > MOST_KB
