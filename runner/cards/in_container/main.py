"""Runs the cell of this container.

How far it came stands in one file of the output, whole at any time, so that a container which was
ended tells where. The claim shares this process: what it can forge is its own verdict, which it
decides anyway.
"""

import json
import os
from pathlib import Path
from typing import Any

from .frames import Frames, read_frame
from .nodes import kwdagger_row, pipeline_values, run_nodes
from .rows import Row, fill_declared
from .shown import CardFault, bounded, view
from .symbols import judge, resolve

RESULT = "cell.json"
SPEC = "cell.json"


class Cell:
    """The cell of this container."""

    def __init__(self, inputs: Path, outputs: Path) -> None:
        self._inputs, self._outputs, self._process = inputs, outputs, os.getpid()
        self._spec: dict[str, Any] = json.loads((inputs / SPEC).read_text(encoding="utf-8"))

    def run(self) -> None:
        """Run nodes, symbols and claim, and note each stage before it begins."""
        try:
            self._run()
        except CardFault as fault:
            self._note("fault", reason=str(fault))

    def _run(self) -> None:
        nodes, symbols = self._spec["nodes"], self._spec["symbols"]
        self._note("nodes")
        reason = run_nodes(nodes)
        if reason is not None:
            self._note("no_evidence", reason=reason)
            return
        row: dict[str, Any] = {}
        if self._spec["is_kwdagger"]:
            row = kwdagger_row(nodes, self._spec["swept"])
            fill_declared(symbols, row)
        elif nodes:
            symbols.update({n: {"value": v} for n, v in pipeline_values(nodes).items()})
        self._note("symbols", evidence=row)
        values = resolve(symbols, self._load)
        self._note("claim", evidence=row, symbols=view(values))
        context, evidence = dict(values), Row(row)
        self._bind(context, evidence)
        status, output = judge(self._spec["claim"], context)
        consumed = evidence._consumed  # noqa: SLF001  (a public name would be a column's)
        columns = {name: row[name] for name in consumed}
        self._note(
            "judged",
            evidence=row,
            symbols={**view(values), **columns},  # after the claim, as MAGNET shows them
            consumed=consumed,
            status=status,
            output=output,
        )

    def _bind(self, context: dict[str, Any], evidence: Row) -> None:
        for name, value in evidence.bind().items():
            if name in context:
                raise CardFault(f"symbol {name} has the name of a result of the pipeline")
            context[name] = value
        for name, value in evidence.bind_nodes().items():
            context.setdefault(name, value)

    def _load(self, files: dict[str, Any] | str) -> Any:
        return (
            read_frame(self._inputs / files)
            if isinstance(files, str)
            else Frames(self._inputs, files)
        )

    def _note(self, stage: str, **fields: Any) -> None:
        """Write how far the cell is, whole or not at all; a fork of this process writes nothing."""
        if os.getpid() != self._process:
            os._exit(1)
        for name in {"evidence", "symbols"} & set(fields):
            fields[name] = bounded(fields[name])
        unfinished = self._outputs / f"{RESULT}.new"
        unfinished.write_text(json.dumps({"stage": stage, **fields}), encoding="utf-8")
        unfinished.replace(self._outputs / RESULT)


def enter_work(data: Path, work: Path) -> None:
    """Make a folder that can be written to the current one; the data are seen below it."""
    work.mkdir(parents=True, exist_ok=True)
    for path in sorted(data.iterdir()) if data.is_dir() else ():
        (work / path.name).symlink_to(path)
    os.chdir(work)


def main(inputs: str, outputs: str, work: str) -> None:
    """Run the cell whose files are in a folder, and write its result into another."""
    cell = Cell(Path(inputs), Path(outputs))
    enter_work(Path(inputs, "data"), Path(work))
    cell.run()
