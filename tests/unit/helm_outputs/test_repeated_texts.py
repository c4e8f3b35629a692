"""Stats of which each distinct text is parsed once are as if the whole file were parsed."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from runner.errors import SuiteError
from runner.helm_outputs import files
from runner.helm_outputs.common_types import plain_cells
from runner.helm_outputs.frames import read_run, read_runs
from runner.helm_outputs.run_frames import RunFrames
from runner.helm_outputs.runs import PER_INSTANCE_STATS, RunDirectory, find_runs
from runner.helm_outputs.runs import STATS as STATS_FILE
from tests.helm_builder import Json, run_files, stat, write_run

TYPOS = {
    "name": "typos",
    "robustness": True,
    "fairness": False,
    "computed_on": "worst",
    "prob": 0.5,
}
PERTURBED = stat("a", 0.5, perturbation=TYPOS)


def entry(instance_id: str, *stats: Json, **fields: Any) -> Json:
    return {"instance_id": instance_id, **fields, "train_trial_index": 0, "stats": list(stats)}


ENTRIES = [
    entry("id1", stat("a", 1.0), stat("b", 0.25)),
    entry("id1"),
    entry("id2", stat("a", 1.0), PERTURBED, perturbation=TYPOS),
    entry("id3", stat("a", 1.0), stat("a", 1.0, split="valid")),
]
STATS = [stat("a", 1.0), stat("b", 0.25), PERTURBED]


def read(directory: Path, stats: str, entries: str) -> RunFrames:
    """Return the frames of a run whose lists of stats have these texts."""
    path = write_run(directory, "a:x=1", run_files("a:x=1"))
    (path / "stats.json").write_text(stats)
    (path / "per_instance_stats.json").write_text(entries)
    return read_run(find_runs(directory)[0])


def assert_equal(one: RunFrames, other: RunFrames) -> None:
    for name in ("stats", "per_instance_stats"):
        first, second = getattr(one, name), getattr(other, name)
        assert first.schema == second.schema
        assert first.equals(second)


def forbid_inference(monkeypatch: pytest.MonkeyPatch, file_name: str) -> None:
    infer = files._read_list

    def fail(run: RunDirectory, name: str, *rest: Any) -> pl.DataFrame:
        assert name != file_name, "the whole file was parsed"
        return infer(run, name, *rest)

    monkeypatch.setattr(files, "_read_list", fail)


@pytest.mark.parametrize("entries", [ENTRIES, ENTRIES[:2], ENTRIES[2:3], ENTRIES[1::-1]])
def test_helms_layout_is_read_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: list[Json]
) -> None:
    whole = read(tmp_path / "any", json.dumps(STATS), json.dumps(entries))
    forbid_inference(monkeypatch, PER_INSTANCE_STATS)
    stats = json.dumps(STATS, indent=2)
    assert_equal(read(tmp_path / "helms", stats, json.dumps(entries, indent=2)), whole)


def test_stats_in_helms_layout_are_read_as_any_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [*STATS[:2], {"name": {"name": "c"}, "count": 0, "sum": 0, "sum_squared": 0}]
    whole = read(tmp_path / "any", json.dumps(plain), "[]")
    forbid_inference(monkeypatch, STATS_FILE)
    assert_equal(read(tmp_path / "helms", json.dumps(plain, indent=2), "[]"), whole)


def test_another_layout_is_parsed_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_inference(monkeypatch, PER_INSTANCE_STATS)
    with pytest.raises(AssertionError, match="the whole file"):
        read(tmp_path, json.dumps(STATS), json.dumps(ENTRIES))


@pytest.mark.parametrize(
    "odd",
    [
        {**stat("a", 0.5), "parts": [1, 2]},
        {**stat("a", 0.5), "parts": [{"x": 1}, {"x": 2}]},
        stat("a [of b]", 0.5),
        stat('a"},{"', 0.5),
        stat("a\n  },\n  {\n", 0.5),
        {**stat("a", 0.5), "count": 1.5},
        {**stat("a", 0.5), "mean": "half"},
        {"name": {"name": "a"}},
        {"value": 3, **stat("a", 0.5)},
    ],
)
def test_odd_stats_in_helms_layout_are_read_as_in_any_other(tmp_path: Path, odd: Json) -> None:
    stats, entries = [stat("b", 1.0), odd, stat("b", 1.0)], [entry("id1", odd), *ENTRIES]
    assert_equal(
        read(tmp_path / "helms", json.dumps(stats, indent=2), json.dumps(entries, indent=2)),
        read(tmp_path / "any", json.dumps(stats), json.dumps(entries)),
    )


def test_a_border_of_the_layout_inside_a_stat_is_none(tmp_path: Path) -> None:
    """Two parts of one stat look like two stats, and one text holds two stats to make up for it."""
    text = json.dumps(stat("a", 1.0))
    parts = '"parts": [{"x": 1\n  },\n  {\n"x": 2}], ' + text[1:-1]
    stats = "[\n  {\n" + parts + "\n  },\n  {\n" + text[1:] + ", " + text[:-1] + "\n  }\n]"
    assert len(json.loads(stats)) == 3
    frame = read(tmp_path, stats, "[]").stats
    assert frame.height == 3
    assert plain_cells(frame["stats.parts"]) == [[{"x": 1}, {"x": 2}], None, None]


@pytest.mark.parametrize(
    "cut", [lambda text: text.replace("}", "", 1), lambda text: text.replace('"sum"', "sum", 1)]
)
def test_what_is_no_json_is_refused_in_helms_layout_too(tmp_path: Path, cut: Any) -> None:
    with pytest.raises(SuiteError, match=r"stats\.json: not what HELM writes"):
        read(tmp_path, cut(json.dumps(STATS, indent=2)), "[]")


def test_equal_texts_of_several_runs_are_rows_of_each(tmp_path: Path) -> None:
    for name in ("a:x=1", "b:x=1", "c:x=1"):
        write_run(tmp_path, name, run_files(name, stats=STATS, per_instance_stats=ENTRIES))
    for frames in read_runs(find_runs(tmp_path)):
        assert frames.stats["stats.mean"].to_list() == [1.0, 0.25, 0.5]
        means = frames.per_instance_stats["per_instance_stats.stats.mean"].to_list()
        assert means == [1.0, 0.25, 1.0, 0.5, 1.0, 1.0]
        ids = frames.per_instance_stats["per_instance_stats.instance_id"].to_list()
        assert ids == ["id1", "id1", "id2", "id2", "id3", "id3"]
