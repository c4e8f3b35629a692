import math
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from runner.contract.frames import read_frame
from runner.helm_outputs.columns import ABSENT, Cells
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
from runner.helm_outputs.tables import to_frames
from runner.suites import parts as parts_module
from runner.suites.parts import join_parts
from tests.helm_builder import request_state, run_files, stat, write_run
from tests.suite_builder import parquet_bytes, part_of


def round_trip(frame: pl.DataFrame, tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "frame.parquet"
    path.write_bytes(parquet_bytes(frame))
    return read_frame(path)


def from_json(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return a frame with a column for each key; objects in it are not flattened."""
    names = dict.fromkeys(name for row in rows for name in row)
    cells: dict[str, Cells] = {name: [row.get(name, ABSENT) for row in rows] for name in names}
    return to_frames(cells, [len(rows)], orders=[list(names)])[0]


@pytest.mark.parametrize(
    "cell",
    [
        [],
        ["a", "b"],
        [{"args": {}}],
        [{"args": {}}, {"args": {"names": ["x"]}}, {"text": "y"}],
        [{"args": {"one": 1}}, {"args": None}, {"args": ["of", {"two": 2}]}],
        [{"output": {"text": "a"}, "tags": []}, {"output": {"text": "b"}, "tags": ["correct"]}],
        [[1.5], []],
    ],
)
def test_a_list_comes_back_as_the_json_had_it(cell: object, tmp_path: Path) -> None:
    frame = round_trip(from_json([{"cell": cell}]), tmp_path)
    assert frame["cell"][0] == cell
    assert type(frame["cell"][0]) is list


def test_a_missing_value_is_nan_in_every_type(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "a", "flag": True, "number": 1, "list": [1]},
        {"other": None},
    ]
    frame = round_trip(from_json(rows), tmp_path)
    assert list(frame.columns) == ["text", "flag", "number", "list", "other"]
    assert frame.iloc[1].isna().all()
    assert all(isinstance(frame[column][1], float) for column in ("flag", "number", "list"))


def test_numbers_and_texts_keep_their_types(tmp_path: Path) -> None:
    rows = [{"count": 1, "mean": 0.5, "flag": True, "text": "\u00e9\U0001f600"}]
    frame = round_trip(from_json(rows), tmp_path)
    assert frame["count"].dtype == "int64"
    assert frame["flag"].dtype == "bool"
    assert frame.iloc[0].to_dict() == rows[0]


@pytest.mark.parametrize("cell", [2**70, "\ud83d", {"a": [1, "x", None]}, [["a"], 1]])
def test_what_no_type_of_parquet_holds_comes_back_as_it_was(cell: object, tmp_path: Path) -> None:
    frame = round_trip(from_json([{"cell": cell}, {}]), tmp_path)
    assert frame["cell"][0] == cell
    assert math.isnan(frame["cell"][1])


def test_every_frame_of_a_run_survives_staging(tmp_path: Path) -> None:
    perturbed = {"name": "typos", "robustness": True, "fairness": False, "prob": 0}
    stats = [stat("exact_match", 0.5), stat("exact_match", 0.25, perturbation=perturbed)]
    files = run_files("a:x=1", stats=stats, request_states=[request_state("id1")])
    write_run(tmp_path / "runs", "a:x=1", files)
    frames = read_run(find_runs(tmp_path)[0])
    stats_frame = round_trip(frames.stats, tmp_path)
    assert stats_frame["stats.name.perturbation.prob"].tolist()[1] == 0
    assert stats_frame["stats.mean"].tolist() == [0.5, 0.25]
    states = round_trip(frames.scenario_states, tmp_path)
    references = files["scenario_state.json"]["request_states"][0]["instance"]["references"]
    assert states["scenario_state.request_states.instance.references"][0] == references
    specs = round_trip(frames.run_specs, tmp_path)
    assert specs["run_spec.metric_specs"][0] == files["run_spec.json"]["metric_specs"]


def test_polars_pandas_and_duckdb_alone_can_read_what_is_staged(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "list": [{"args": {}, "tags": []}],
        "null": None,
        "text": "a",
        "flag": True,
        "mean": 0.5,
    }
    path = tmp_path / "frame.parquet"
    path.write_bytes(parquet_bytes(from_json([row, {"text": "b"}])))
    assert pl.read_parquet(path)["text"].to_list() == ["a", "b"]
    assert pd.read_parquet(path)["mean"][0] == 0.5
    with duckdb.connect() as database:
        first, second = database.execute(f"select * from '{path}'").fetchall()
    assert (first[2:], second[2:]) == (("a", True, 0.5), ("b", None, None))


def test_many_small_parts_are_joined_in_several_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column takes memory besides its values: a thousand run specs may not be held at once."""
    monkeypatch.setattr(parts_module, "BYTES_PER_GROUP", parts_module.BYTES_PER_GROUP // 100)
    names = [f"column {number}" for number in range(10)]
    parts = [
        part_of(pl.DataFrame({name: [number] for name in names}), tmp_path / f"{number}")
        for number in range(40)
    ]
    with (tmp_path / "joined.parquet").open("w+b") as file:
        join_parts(parts, file)
        joined = pq.ParquetFile(file)
        assert joined.metadata.num_row_groups == 3
        assert joined.read(["column 7"])["column 7"].to_pylist() == list(range(40))
