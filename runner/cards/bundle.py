"""What a run of a card leaves: MAGNET's files, which its viewer reads, with the runner's own words.

``DIR/<hash8>_<time>/`` has card.yaml, log, symbol_metadata.json, verdict.json and
results/<id>/verdict.json.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.cards.card_file import CardFile
from runner.cards.cell_result import JudgedCell
from runner.cards.shown_card import CARD, METADATA, RESULTS, VERDICT
from runner.cards.verdict import Figure, Verdict, metrics, reduce_verdicts, verified_share
from runner.code_version import code_versions
from runner.errors import UsageError
from runner.files.whole_writes import unfinished_directory
from runner.sandbox.engine.image import Image

OWN = "runner"
"""The field of verdict.json that MAGNET's has not."""


@dataclass(frozen=True)
class CardVerdict:
    """What follows from a card's cells.

    Attributes:
        share: of verified cells; None without any cell that has evidence.
        metrics: by the name that each is shown by.
        without_evidence: cells whose nodes left no result.
    """

    verdict: Verdict
    cells: Sequence[JudgedCell]
    share: Figure | None
    metrics: Mapping[str, Figure]
    without_evidence: Sequence[JudgedCell]


def conclude(read: CardFile, judged: Sequence[JudgedCell]) -> CardVerdict:
    """Return the card's verdict; a cell without evidence has no part in it."""
    cells = [each for each in judged if each.result.verdict is not None]
    verdicts = [each.result.verdict for each in cells if each.result.verdict is not None]
    return CardVerdict(
        verdict=reduce_verdicts(verdicts, read.card.aggregation),
        cells=cells,
        share=verified_share(verdicts),
        metrics=metrics(read.card, [each.result.symbols for each in cells]),
        without_evidence=[each for each in judged if each.result.verdict is None],
    )


def write_bundle(root: Path, read: CardFile, concluded: CardVerdict, image: Image) -> Path:
    """Write a run's files into a new directory, and return it.

    Raises:
        UsageError: it can't be written.
    """
    now = datetime.now().astimezone().strftime("%Y-%m-%d__%H-%M-%S-%f")
    place = root / f"{hashlib.sha256(read.content).hexdigest()[:8]}_{now}"
    try:
        with unfinished_directory(place, is_private=True) as unfinished:  # it may quote actuals
            for name, content in _files(read, concluded, image).items():
                path = unfinished / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            unfinished.rename(place)
    except OSError as error:
        raise UsageError(f"{place}: can't be written ({error.strerror}).") from error
    return place


def _files(read: CardFile, concluded: CardVerdict, image: Image) -> dict[str, bytes]:
    found = {
        CARD: read.content,
        "log": _log(concluded).encode(),
        VERDICT: _json(_verdict(read, concluded, image)),
    }
    described = {
        name: symbol.metadata.model_dump(mode="json", exclude_none=True)
        for name, symbol in read.card.all_symbols.items()
        if symbol.metadata is not None
    }
    if described:
        found[METADATA] = _json(described)
    if read.card.kwdagger is not None:
        found["requested_runs.json"] = _json([_request(read, each) for each in _all(concluded)])
    for each in concluded.cells:
        found[f"{RESULTS}/{each.cell.id}/{VERDICT}"] = _json(_cell(each))
    for each in _all(concluded):
        if each.result.log:
            found[f"{RESULTS}/{each.cell.id}/log"] = each.result.log
    return found


def _verdict(read: CardFile, concluded: CardVerdict, image: Image) -> dict[str, Any]:
    count = len(concluded.cells)
    own = {
        "version": code_versions()["runner"],
        "image": {"reference": image.reference, "id": image.id},
        "verified_share": None if concluded.share is None else asdict(concluded.share),
        "metrics": {name: asdict(figure) for name, figure in concluded.metrics.items()},
        "without_evidence": [
            {"id": each.cell.id, "swept": each.cell.swept, "reason": each.result.output}
            for each in concluded.without_evidence
        ],
    }
    document: dict[str, Any] = {
        "result": concluded.verdict,
        "claim_aggregation_strategy": read.card.aggregation.model_dump(
            mode="json", exclude_none=True
        ),
        "claims": [each.cell.id for each in concluded.cells],
    }
    if read.card.kwdagger is not None:
        document["evidence"] = {"scope": "requested", "available": count, "discovered": count}
    if concluded.metrics:
        document["metrics"] = {name: each.value for name, each in concluded.metrics.items()}
    return {**document, OWN: own}


def _cell(judged: JudgedCell) -> dict[str, Any]:
    result = judged.result
    record: dict[str, Any] = {
        "status": result.verdict,
        "output": result.output,
        "symbols": result.symbols,
        "timestamp": result.timestamp,
        "swept": judged.cell.swept,
        "wall_seconds": result.wall_seconds,
    }
    if result.evidence:
        record |= {"cell": judged.cell.id, "consumed": result.consumed, "evidence": result.evidence}
    return record


def _request(read: CardFile, judged: JudgedCell) -> dict[str, Any]:
    is_there = judged.result.verdict is not None
    return {
        "process_id": judged.cell.id,
        "node": None if read.card.kwdagger is None else read.card.kwdagger.result_node,
        "schedule_status": "new_submission",
        "attempt_status": "passed" if is_there else "failed",
        "output_available": is_there,
        "enabled": True,
    }


def _all(concluded: CardVerdict) -> list[JudgedCell]:
    return [*concluded.cells, *concluded.without_evidence]


def _log(concluded: CardVerdict) -> str:
    lines = [
        f"{each.result.timestamp} {each.cell.id} {each.result.verdict or 'NO EVIDENCE'} "
        f"{each.cell.title}: {each.result.output}"
        for each in _all(concluded)
    ]
    return "\n".join([*lines, f"RESULT: {concluded.verdict}", ""])


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n").encode()
