"""Real results of other harnesses, copied so that a test can spoil them."""

import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

BESIDE = Path(__file__).parents[1] / "build" / "inspect"
"""Packages that are no part of the environment: Inspect, and aiohttp, fsspec's driver of https."""

Json = dict[str, Any]


def copy_of(harness: str, into: Path) -> Path:
    """Return a copy of the results of a harness."""
    return Path(shutil.copytree(DATA / harness, into / harness))


def unpack_records(into: Path) -> Path:
    """Return the records of the demo's runs, but those of SmolLM2."""
    with tarfile.open(DATA / "every_eval_ever.tar.xz") as archive:
        archive.extractall(into, filter="data")
    return into / "every_eval_ever"


def only(paths: Path, pattern: str) -> Path:
    """Return the one file below a folder that a pattern matches."""
    (found,) = paths.rglob(pattern)
    return found


def change_json(path: Path, change: Callable[[Json], object]) -> None:
    """Write a JSON file again, changed."""
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def change_lines(path: Path, change: Callable[[list[Json]], object]) -> None:
    """Write a JSONL file again, its list of lines changed."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    change(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_runs(directory: Path, file_name: str) -> dict[str, Any]:
    """Return a file of every run below a directory, by the run's name."""
    return {
        json.loads((path.parent / "run_spec.json").read_text())["name"]: json.loads(
            path.read_text()
        )
        for path in sorted(directory.rglob(file_name))
    }


def means(stats: list[Json]) -> dict[str, float]:
    """Return the mean of each stat, by its metric."""
    return {stat["name"]["name"]: stat["mean"] for stat in stats}
