"""Python of a card in the sandbox: hostile claims are contained, finished cells are kept."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docker
import pytest

from runner.cards.card import SymbolSpec
from runner.cards.card_file import read_card
from runner.cards.cell_inputs import PACKAGE, cell_inputs, share_inputs
from runner.cards.cells import list_cells
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import LABEL, SandboxPolicy
from tests.card_builder import write_card
from tests.integration.command import RUNNER, runner

IMAGE = "runner-base"  # all that it needs is Python
WALL_SECONDS = 10
DATA = "of the organizer, for the card"
SECRET = "of the organizer, and not for the card"

TRIED = {
    "connect": "import socket; socket.create_connection(tuple(listener), 3).close()",
    "connect_out": "import socket; socket.create_connection(('192.0.2.1', 80), 3).close()",
    "resolve": "import socket; socket.getaddrinfo('example.org', 80)",
    "read": f"assert open(secret).read() == {SECRET!r}",
    "read_data": f"assert open('data/given.txt').read() == {DATA!r}",
    "write": "open(marker, 'w').write('here')",
    "write_root": "open('/usr/lib/marker', 'w').write('here')",
    "write_data": "open('data/given.txt', 'w').write('here')",
}
"""What one claim tries, one after the other."""

THROUGH = "got through"
SEVERAL = f"""
import json
found = {{}}
for name, tried in several.items():
    try:
        exec(tried)
    except Exception as error:
        found[name] = str(error)
    else:
        found[name] = {THROUGH!r}
raise AssertionError(json.dumps(found))
"""
ATTACKS = {
    "endless": "import time\nwhile True: time.sleep(1)",
    "several": SEVERAL,
    "fork_bomb": """
import subprocess
begun = []
try:
    while True:
        begun.append(subprocess.Popen(["sleep", "60"]))
except OSError:
    raise AssertionError(len(begun))
""",
    "memory": "held = [bytearray(2**26) for _ in range(200)]",
    "exit": "import os; os._exit(0)",
    "fill_output": "open('/output/x', 'wb').write(bytes(2**28))",
}
"""What ends a claim, and so needs a cell of its own, the longest first."""

NODE = """
import json, sys
given = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
if given["p"] == "1":
    sys.exit(1)
with open(given["results_fpath"], "w") as file:
    json.dump({"doubled": 2 * int(given["p"])}, file)
"""
CONTROLS = ("connect", "read", "write")
"""What succeeds outside of the sandbox, and may: it does no harm there."""


@dataclass(frozen=True)
class Judged:
    """A card that has run."""

    card: Path
    folder: Path
    cells: dict[str, dict[str, Any]]


def run_card(card: Path, folder: Path, *more: object) -> subprocess.CompletedProcess[str]:
    options = ["--image", IMAGE, "--jobs", 3, "--wall-seconds", WALL_SECONDS, "--memory-mib", 256]
    return runner("card", "run", card, "-o", folder / "out", *options, *more)


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, int]]:
    """Return an address of this machine that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


@pytest.fixture(scope="module")
def hostile(
    client: docker.DockerClient,
    listener: tuple[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Judged:
    """Return a card whose claims attack, after its run: a claim that gets through is VERIFIED."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "data").mkdir()
    (folder / "data" / "given.txt").write_text(DATA)
    (folder / "secret.txt").write_text(SECRET)
    symbols = {
        "attack": {"sweep": list(ATTACKS)},
        "python": {"value": ATTACKS},
        "several": {"value": TRIED},
        "secret": {"value": str(folder / "secret.txt")},
        "marker": {"value": str(folder / "marker")},
        "listener": {"value": listener},
    }
    card = write_card(folder, symbols=symbols, claim={"python": "exec(python[attack])"})
    ended = run_card(card, folder, "--data", f"data={folder / 'data'}", "--json")
    assert ended.returncode == 6, ended.stderr
    place = Path(json.loads(ended.stdout)["directory"])
    found = [json.loads(path.read_text()) for path in place.glob("results/*/verdict.json")]
    assert client.containers.list(all=True, filters={"label": LABEL}) == []
    return Judged(card, folder, {cell["swept"]["attack"]: cell for cell in found})


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("endless", "still running after the wall time of 10 s, and killed"),
        ("memory", "memory limit of 256 MiB"),
        ("exit", "its process ended without a verdict"),
        ("fill_output", "/output reached its limit of 16 MiB"),
    ],
)
def test_a_claim_that_breaks_a_limit_is_inconclusive_and_the_card_goes_on(
    hostile: Judged, attack: str, said: str
) -> None:
    cell = hostile.cells[attack]
    assert cell["status"] == "INCONCLUSIVE"
    assert said in cell["output"]


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        ("connect", "Connection refused"),
        ("connect_out", "Network is unreachable"),
        ("resolve", "name resolution"),
        ("read", "No such file or directory"),
        ("read_data", THROUGH),
        ("write", "No such file or directory"),
        ("write_root", "Read-only file system"),
        ("write_data", "Read-only file system"),
    ],
)
def test_a_hostile_claim_is_contained(hostile: Judged, tried: str, said: str) -> None:
    assert said in found_by(hostile.cells["several"])[tried]


def found_by(cell: dict[str, Any]) -> dict[str, str]:
    """Return what became of each try."""
    found: dict[str, str] = json.loads(cell["output"].partition(": ")[2])
    return found


def test_a_fork_bomb_is_held_at_the_limit_of_processes(hostile: Judged) -> None:
    cell = hostile.cells["fork_bomb"]
    assert cell["status"] == "FALSIFIED"
    assert 10 < int(cell["output"].rpartition(": ")[2]) < 256


def test_nothing_was_written_to_this_machine(hostile: Judged) -> None:
    assert not (hostile.folder / "marker").exists()
    assert (hostile.folder / "data" / "given.txt").read_text() == DATA


def test_control_outside_of_the_sandbox_the_same_claim_gets_through(
    hostile: Judged, tmp_path: Path
) -> None:
    read = read_card(hostile.card)
    several = {"value": {name: TRIED[name] for name in CONTROLS}}
    symbols = {**read.card.all_symbols, "several": SymbolSpec.model_validate(several)}
    read = replace(read, card=read.card.model_copy(update={"symbols": symbols}))
    cell = next(cell for cell in list_cells(read) if cell.swept["attack"] == "several")
    inputs = cell_inputs(read, cell, share_inputs({}), Image("none", "none"), SandboxPolicy())
    for name, content in inputs.stage().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "out").mkdir()
    program = f"import sys; from {PACKAGE}.main import main; main(*sys.argv[1:])"
    folders = [str(tmp_path), str(tmp_path / "out"), str(tmp_path / "work")]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program, *folders], env=environment, check=True)
    left = json.loads((tmp_path / "out" / "cell.json").read_text())
    (hostile.folder / "marker").unlink()
    assert found_by(left) == dict.fromkeys(CONTROLS, THROUGH)


def test_the_same_command_runs_only_what_has_not_finished(hostile: Judged) -> None:
    finished = sorted((hostile.folder / "out" / "_cells").iterdir())
    assert len(finished) == len(ATTACKS)
    min(finished, key=wall_seconds).unlink()
    ended = run_card(hostile.card, hostile.folder, "--data", f"data={hostile.folder / 'data'}")
    assert f"{len(ATTACKS) - 1} of {len(ATTACKS)} cells have run before" in ended.stderr
    assert sorted((hostile.folder / "out" / "_cells").iterdir()) == finished


def wall_seconds(finished: Path) -> float:
    return float(json.loads(finished.read_text())["run"]["end"]["wall_seconds"])


def test_ctrl_c_ends_what_runs_at_once_and_finished_cells_are_kept(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    symbols = {"seconds": {"sweep": [0, 60]}}
    claim = {"python": "import time; time.sleep(seconds)"}
    card, finished = write_card(tmp_path, symbols=symbols, claim=claim), tmp_path / "out" / "_cells"
    command = [str(RUNNER), "card", "run", str(card), "-o", str(tmp_path / "out"), "--image", IMAGE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 100
        while not list(finished.glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "What was running has been removed" in said
    assert len(list(finished.iterdir())) == 1
    assert client.containers.list(all=True, filters={"label": LABEL}) == []


def test_a_symbol_that_fails_aborts_the_card_with_its_line(tmp_path: Path) -> None:
    symbols = {"x": {"type": "int", "python": "y = 0\nx = 1 / y"}}
    ended = run_card(write_card(tmp_path, symbols=symbols), tmp_path)
    assert ended.returncode == 3
    assert "symbol x: ZeroDivisionError: division by zero (line 2 of its Python)" in ended.stderr
    assert list((tmp_path / "out").glob("*/verdict.json")) == []


def test_a_nodes_results_are_symbols_and_a_failed_node_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "node.py").write_text(NODE)
    node = {
        "executable": "python3 node.py",
        "algo_params": {"p": [1, 2]},
        "out_paths": {"results_fpath": "results.json"},
    }
    card = write_card(
        tmp_path, symbols={}, pipeline={"node": node}, claim={"python": "assert doubled == 4"}
    )
    ended = run_card(card, tmp_path, "--data", f".={tmp_path / 'nodes'}")
    assert ended.returncode == 0, ended.stderr
    assert "VERIFIED  node.p=2: Assertion holds" in ended.stdout
    assert "no evidence  node.p=1: the node node ended with exit code 1" in ended.stdout
