"""What a cell's container sees: its program, what the card says of the cell, data and evidence."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from runner.cards.card import DEFAULT_TYPE, SymbolSpec
from runner.cards.card_file import CardFile
from runner.cards.cells import Cell
from runner.cards.data_folders import MOST_DATA_BYTES
from runner.cards.in_container.main import SPEC
from runner.cards.node_runs import node_runs
from runner.contract.layout import INPUT_DIR, OUTPUT_DIR
from runner.contract.limits import MIB
from runner.errors import UsageError
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import TMP_DIR, SandboxPolicy

PACKAGE = "cell"
"""The name of ``runner.cards.in_container`` in the container."""

_FOLDERS = (str(INPUT_DIR), str(OUTPUT_DIR), f"{TMP_DIR}/work")

_START = (
    f"import sys; sys.path.append({_FOLDERS[0]!r}); "
    f"from {PACKAGE}.main import main; main(*sys.argv[1:])"
)

PROGRAM = ("python3", "-P", "-c", _START, *_FOLDERS)
"""What runs in the container, whatever the image's own entrypoint is."""


@dataclass(frozen=True)
class Evidence:
    """The evidence of a card's symbols.

    Attributes:
        files: the frames, by their path below the container's input.
        symbols: by symbol, the path of its frame, or for a suite those of its frames by case.
    """

    files: Mapping[str, bytes]
    symbols: Mapping[str, Any]


NO_EVIDENCE = Evidence({}, {})


@dataclass(frozen=True)
class SharedInputs:
    """What all cells of a card see.

    Attributes:
        files: by their path below the input.
        evidence: where each symbol that is evidence has its frames among them.
        digest: of the files.
    """

    files: Mapping[str, bytes]
    evidence: Mapping[str, Any]
    digest: str


def share_inputs(data: Mapping[str, bytes], evidence: Evidence = NO_EVIDENCE) -> SharedInputs:
    """Return the inputs that all cells share.

    Raises:
        UsageError: they are too large.
    """
    program = {
        f"{PACKAGE}/{module.name}": module.read_bytes()
        for module in files("runner.cards.in_container").iterdir()
        if module.name.endswith(".py")
    }
    shared = {**program, **data, **evidence.files}
    total = sum(map(len, shared.values()))
    if total > MOST_DATA_BYTES:
        raise UsageError(
            f"The card's data and evidence have {total // MIB} MiB. Each container gets a copy; "
            f"{MOST_DATA_BYTES // MIB} MiB is most. Name smaller folders, or a smaller suite."
        )
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in shared.items()}
    return SharedInputs(shared, evidence.symbols, _digest(digests))


@dataclass(frozen=True)
class CellInputs:
    """What one cell sees besides what all do.

    Attributes:
        spec: the cell, as JSON.
        digest: of all that its container's run follows from.
    """

    shared: SharedInputs
    spec: bytes
    digest: str

    def stage(self) -> Mapping[str, bytes]:
        """Return the files of the container's input."""
        return {**self.shared.files, SPEC: self.spec}


def cell_inputs(
    read: CardFile, cell: Cell, shared: SharedInputs, image: Image, policy: SandboxPolicy
) -> CellInputs:
    """Return the inputs of a cell."""
    is_kwdagger = read.card.kwdagger is not None
    spec = {
        "claim": read.card.claim.python,
        "is_kwdagger": is_kwdagger,
        "nodes": [asdict(run) for run in node_runs(read, cell)],
        "swept": cell.swept if is_kwdagger else {},
        "symbols": {
            name: _symbol(name, symbol, cell, shared.evidence)
            for name, symbol in read.card.all_symbols.items()
        },
    }
    key = [image.id, policy.to_json(), PROGRAM, shared.digest, spec]
    return CellInputs(shared, json.dumps(spec).encode(), _digest(key))


def _symbol(
    name: str, symbol: SymbolSpec, cell: Cell, evidence: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "type": symbol.type or DEFAULT_TYPE,
        "value": cell.values.get(name, symbol.value),
        "python": symbol.python,
        "depends": list(symbol.dependencies),
        "evidence": evidence.get(name),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
