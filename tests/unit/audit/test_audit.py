"""The audit of a suite in one process and several, and the memory that an audit takes."""

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from runner.audit import cheater
from runner.audit.audit import audit_suite
from runner.audit.revealed_items import COMPLETIONS, RevealedItem, read_revealed
from runner.audit.staged_bytes import find_in_archive
from runner.contract import layout
from runner.errors import SuiteError
from runner.files.input_archive import input_archive
from runner.processes import Processes
from runner.suites.manifest import PUBLIC, part_name
from runner.suites.opening import read_suite
from tests.helm_builder import write_suite
from tests.quiz_builder import questions, write_quiz
from tests.suite_builder import build_unaudited, shared_suite, stage

FEW, MANY = 4, 12
MODELS = 4

MOST_KB = 20
"""Of Python's objects, by which a further run may raise the peak.

What Polars and Arrow keep is not counted: that varies by megabytes from time to time.
"""


def test_the_suites_of_the_builder_are_clean(tmp_path: Path) -> None:
    suite = shared_suite()
    assert audit_suite(suite).leaks == ()
    assert find_in_archive("case-1", input_archive(stage(suite).files)) == []


def test_other_processes_find_what_this_one_finds(tmp_path: Path) -> None:
    suite = shared_suite()
    choices = suite.manifest.choices
    fewer = {**choices, "revealed": {**choices["revealed"], "completions": False}}
    told = replace(suite, manifest=suite.manifest.model_copy(update={"choices": fewer}))
    with Processes(2, tmp_path) as processes:
        found = audit_suite(told, processes=processes)
    assert found == audit_suite(told)
    assert {leak.column for leak in found.leaks} >= {COMPLETIONS}


def test_other_processes_refuse_a_part_that_was_changed(tmp_path: Path) -> None:
    build_unaudited(write_suite(tmp_path), tmp_path / "suite")
    suite = read_suite(tmp_path / "suite")
    parts = tmp_path / "suite" / PUBLIC / part_name(layout.TRAIN_RUN_SPECS)
    parts.write_bytes(parts.read_bytes()[:-1] + b"x")
    with Processes(1, tmp_path) as processes, pytest.raises(SuiteError, match="changed since"):
        audit_suite(suite, earlier=(), processes=processes)


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
        build_unaudited(source, root / str(runs), division=division, revealed={"instances": 10})
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
