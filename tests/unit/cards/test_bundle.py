"""A bundle has MAGNET's files; what was written is what is shown."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from runner.cards.bundle import conclude, write_bundle
from runner.cards.card_file import read_card
from runner.cards.card_text import card_lines
from runner.cards.cell_result import CellResult, JudgedCell
from runner.cards.cells import list_cells
from runner.cards.shown_card import read_bundle
from runner.cards.verdict import Verdict
from runner.errors import UsageError
from runner.sandbox.engine.image import Image
from tests.card_builder import NODE, write_card

METRIC = {"define_metric": {"aggregation_strategy": {"type": "mean"}}, "display_name": "X"}
OWN = {"version": "1", "image": {"reference": "i"}, "metrics": {}, "without_evidence": []}


def judged(folder: Path, verdicts: list[Verdict | None], **changes: Any) -> Path:
    """Write the bundle of a card whose cells have these verdicts; return its directory."""
    symbols = {"n": {"sweep": list(range(len(verdicts)))}, "x": {"value": 1, "metadata": METRIC}}
    read = read_card(write_card(folder, **{"symbols": symbols, **changes}))
    results = [
        CellResult(
            verdict, f"because {n}", {"n": n, "x": n * 1.5}, {}, (), 1.0, "2026-01-01", b"said"
        )
        for n, verdict in enumerate(verdicts)
    ]
    cells = [JudgedCell(*pair) for pair in zip(list_cells(read), results, strict=True)]
    return write_bundle(folder / "out", read, conclude(read, cells), Image("image", "sha256:1"))


def test_a_bundle_has_the_files_that_magnets_viewer_reads(tmp_path: Path) -> None:
    place = judged(tmp_path, [Verdict.VERIFIED, Verdict.FALSIFIED])
    verdict = json.loads((place / "verdict.json").read_text())
    assert verdict["result"] == "FALSIFIED"
    assert verdict["claim_aggregation_strategy"] == {"type": "all"}
    assert verdict["metrics"] == {"X": 0.75}
    cell = json.loads((place / "results" / verdict["claims"][1] / "verdict.json").read_text())
    assert {key: cell[key] for key in ("status", "output", "symbols", "timestamp")} == {
        "status": "FALSIFIED",
        "output": "because 1",
        "symbols": {"n": 1, "x": 1.5},
        "timestamp": "2026-01-01",
    }
    assert (place / "card.yaml").read_bytes() == (tmp_path / "card.yaml").read_bytes()
    assert json.loads((place / "symbol_metadata.json").read_text())["x"]["display_name"] == "X"
    assert "FALSIFIED n=1: because 1" in (place / "log").read_text()
    assert (place / "results" / verdict["claims"][1] / "log").read_bytes() == b"said"


def test_what_was_written_is_shown(tmp_path: Path) -> None:
    judged(tmp_path, [Verdict.VERIFIED, Verdict.INCONCLUSIVE])
    *lines, verdict = card_lines(read_bundle(tmp_path / "out"))
    assert lines[:4] == [
        "a claim",
        "  VERIFIED  n=0: because 0",
        "  INCONCLUSIVE  n=1: because 1",
        "cells: 1 verified, 0 falsified, 1 inconclusive",
    ]
    assert lines[4] == "verified share: 0.5, 95 % interval 0.09453 to 0.9055"
    assert lines[5].startswith("X: 0.75, 95 % interval -8.78")
    assert verdict == "INCONCLUSIVE"


def test_no_other_user_can_read_what_may_quote_actuals(tmp_path: Path) -> None:
    assert judged(tmp_path, [Verdict.VERIFIED]).stat().st_mode & 0o077 == 0


def test_the_newest_of_several_runs_is_shown(tmp_path: Path) -> None:
    judged(tmp_path, [Verdict.FALSIFIED])
    newest = judged(tmp_path, [Verdict.VERIFIED], title="b")  # another hash before the time
    assert read_bundle(tmp_path / "out").directory == newest


def test_a_cell_without_evidence_has_no_part_in_the_verdict(tmp_path: Path) -> None:
    kwdagger = {"pipeline": {"nodes": {"a": NODE}}, "result_node": "a", "matrix": {"a.p": [1, 2]}}
    place = judged(tmp_path, [Verdict.VERIFIED, None], kwdagger=kwdagger, symbols={})
    requests = json.loads((place / "requested_runs.json").read_text())
    assert [request["attempt_status"] for request in requests] == ["passed", "failed"]
    lines = list(card_lines(read_bundle(place)))
    assert "  no evidence  a.p=2: because 1" in lines
    assert lines[-1] == "VERIFIED"


def test_a_bundle_of_magnets_own_is_shown(tmp_path: Path) -> None:
    place = judged(tmp_path, [Verdict.VERIFIED])
    for path in (place / "verdict.json", *place.glob("results/*/verdict.json")):
        fields = json.loads(path.read_text())
        magnets = {k: v for k, v in fields.items() if k not in ("runner", "swept", "wall_seconds")}
        path.write_text(json.dumps(magnets))
    shown = read_bundle(place)
    assert shown.made_by == "MAGNET"
    assert shown.metrics["X"].value == 0
    assert shown.cells[0].title == shown.cells[0].id


def test_a_directory_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no results of a card in it"):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"claims": ["../../x"]}, "is no cell's name"),
        ({"claims": ["\0"]}, "is no cell's name"),
        ({"claims": ["none"]}, "can't be read"),
        ({"claims": 5}, "not what a run of a card writes. claims: "),
        ({"runner": OWN | {"image": {}}}, "runner.image.reference: Field required"),
        ({"claim_aggregation_strategy": {"type": []}}, "claim_aggregation_strategy.type: "),
        (
            {"claim_aggregation_strategy": {"type": "fraction", "parameters": [1]}},
            "claim_aggregation_strategy.parameters: ",
        ),
    ],
)
def test_a_bundle_that_is_none_is_refused(
    changed: Mapping[str, Any], said: str, tmp_path: Path
) -> None:
    place = judged(tmp_path, [Verdict.VERIFIED])
    fields = json.loads((place / "verdict.json").read_text())
    (place / "verdict.json").write_text(json.dumps({**fields, **changed}))
    with pytest.raises(UsageError, match=re.escape(said)):
        read_bundle(place)


@pytest.mark.parametrize("strategy", [{}, {"type": "of_magnet", "more": 1}])
def test_control_a_strategy_that_the_runner_does_not_know_is_shown_as_it_is(
    strategy: Mapping[str, Any], tmp_path: Path
) -> None:
    place = judged(tmp_path, [Verdict.VERIFIED])
    fields = json.loads((place / "verdict.json").read_text())
    changed = {**fields, "runner": OWN, "claim_aggregation_strategy": strategy}
    (place / "verdict.json").write_text(json.dumps(changed))
    assert read_bundle(place).aggregation == strategy
