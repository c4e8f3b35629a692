"""What a container left is read as a stranger's bytes; how it ended decides the rest."""

import json
from typing import Any

import pytest

from runner.cards.cell_result import CellResult, read_cell
from runner.cards.verdict import Verdict
from runner.contract.limits import Limits
from runner.errors import CardError
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import Output
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun

SOUND = ContainerEnd(exit_code=0, wall_seconds=1.0)
TIMED_OUT = ContainerEnd(exit_code=137, wall_seconds=600.0, past_deadline=True)
FAILED = ContainerEnd(exit_code=1, wall_seconds=1.0)


def read(left: Any, end: ContainerEnd = SOUND) -> CellResult:
    content = left if isinstance(left, bytes) else json.dumps(left).encode()
    files = {} if left is None else {"cell.json": content}
    output = Output(files, {}, False, 0, len(files))
    used = ResourceUse(1.0, 0, 0, None, None, False)
    run = SandboxRun(end, output, b"first\nlast\x1b[2J line", used, None)
    return read_cell(run, Limits(), "2026-01-01")


def test_a_judged_cell_has_its_verdict_and_values() -> None:
    left = {"stage": "judged", "status": "FALSIFIED", "output": "no", "symbols": {"x": 1}}
    found = read(left)
    assert (found.verdict, found.output, found.symbols) == (Verdict.FALSIFIED, "no", {"x": 1})


def test_a_claim_whose_container_was_ended_is_inconclusive() -> None:
    found = read({"stage": "claim", "symbols": {"x": 1}}, TIMED_OUT)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "still running after the wall time of 600 s" in found.output
    assert found.symbols == {"x": 1}


def test_a_claim_that_ends_its_process_is_inconclusive() -> None:
    assert "ended without a verdict" in read({"stage": "claim"}).output


@pytest.mark.parametrize(
    ("left", "end"),
    [
        ({"stage": "no_evidence", "reason": "the node n"}, SOUND),
        ({"stage": "nodes"}, TIMED_OUT),
    ],
)
def test_a_node_that_failed_is_no_evidence(left: Any, end: ContainerEnd) -> None:
    assert read(left, end).verdict is None


def test_a_fault_aborts_the_card_and_its_words_are_made_printable() -> None:
    with pytest.raises(CardError, match=r"symbol x: \\x1b\[2J") as refused:
        read({"stage": "fault", "reason": "symbol x: \x1b[2J"})
    assert str(refused.value).isprintable()


def test_symbols_whose_container_was_ended_abort_the_card() -> None:
    with pytest.raises(CardError, match="symbols were not resolved: it was still running"):
        read({"stage": "symbols"}, TIMED_OUT)


@pytest.mark.parametrize(
    "left",
    [
        None,
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"stage": "judged", "stage": "claim"}',
        {"stage": "won"},
        {"stage": "judged", "status": "TRUE"},
        {"stage": "judged", "status": "VERIFIED", "output": 5},
        {"stage": "judged", "status": "VERIFIED", "more": 1},
        b'{"stage": "judged", "status": "VERIFIED", "symbols": {"x": NaN}}',
    ],
)
def test_what_can_not_be_read_aborts_the_card_with_the_last_line_of_the_log(left: Any) -> None:
    with pytest.raises(CardError, match="nothing of it ran to an end") as refused:
        read(left, FAILED)
    assert "exited with code 1" in str(refused.value)
    assert "last\\\\x1b[2J line" in str(refused.value).replace("\\x1b", "\\\\x1b")
