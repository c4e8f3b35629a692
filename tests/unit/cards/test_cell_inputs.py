"""What a cell's container sees is staged, and whatever its run follows from is in the digest."""

import json
from pathlib import Path
from typing import Any

import pytest

from runner.cards import cell_inputs as module
from runner.cards.card_file import read_card
from runner.cards.cell_inputs import CellInputs, Evidence, cell_inputs, share_inputs
from runner.cards.cells import list_cells
from runner.contract.limits import Limits
from runner.errors import UsageError
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from tests.card_builder import write_card

IMAGE, POLICY = Image("image", "sha256:1"), SandboxPolicy()
SYMBOLS: dict[str, Any] = {
    "x": {"sweep": [1, 2]},
    "y": {"python": "y = [1]"},
    "r": {"reports": "r"},
}


def inputs(
    folder: Path,
    image: Image = IMAGE,
    policy: SandboxPolicy = POLICY,
    data: bytes = b"d",
    frame: bytes = b"f",
    **changes: Any,
) -> CellInputs:
    read = read_card(write_card(folder, **{"symbols": SYMBOLS, **changes}))
    evidence = Evidence({"evidence/2.parquet": frame}, {"r": "evidence/2.parquet"})
    shared = share_inputs({"data/a": data}, evidence)
    return cell_inputs(read, list_cells(read)[0], shared, image, policy)


def test_a_container_sees_its_program_the_cell_data_and_evidence(tmp_path: Path) -> None:
    files = inputs(tmp_path).stage()
    assert {"cell/main.py", "cell/symbols.py", "cell.json", "data/a"} < set(files)
    spec = json.loads(files["cell.json"])
    assert spec["symbols"]["x"]["value"] == 1
    assert spec["symbols"]["y"]["type"] == "List[int]"
    assert spec["symbols"]["r"]["evidence"] == "evidence/2.parquet"


def test_equal_cells_have_equal_digests(tmp_path: Path) -> None:
    assert inputs(tmp_path).digest == inputs(tmp_path).digest


def test_what_only_describes_the_card_is_no_part_of_it(tmp_path: Path) -> None:
    assert inputs(tmp_path).digest == inputs(tmp_path, title="another").digest


@pytest.mark.parametrize(
    "change",
    [
        {"image": Image("image", "sha256:2")},
        {"policy": SandboxPolicy(Limits(wall_seconds=5))},
        {"data": b"e"},
        {"frame": b"g"},
        {"claim": {"python": "pass"}},
        {"symbols": {**SYMBOLS, "x": {"sweep": [3]}}},
        {"symbols": {**SYMBOLS, "y": {"python": "y = [2]"}}},
    ],
)
def test_what_a_run_follows_from_changes_its_digest(change: dict[str, Any], tmp_path: Path) -> None:
    assert inputs(tmp_path, **change).digest != inputs(tmp_path).digest


def test_more_than_a_container_gets_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs(tmp_path)  # the control
    monkeypatch.setattr(module, "MOST_DATA_BYTES", 1)
    with pytest.raises(UsageError, match=r"is most\. Name smaller folders"):
        inputs(tmp_path)
