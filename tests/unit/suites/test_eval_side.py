"""The two master tests of withholding, on staged bytes, each with a control that can fail."""

import io
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.building import build as build_module
from runner.building import make_runs
from runner.contract import layout
from runner.errors import SuiteError
from runner.suites import parts
from runner.suites.staging import StagedInputs
from runner.suites.suite import Suite
from tests.helm_builder import Json, request_state, run_files, stat, write_run
from tests.suite_builder import (
    allow_column,
    build,
    eval_part,
    parquet_bytes,
    shared_suite,
    stage,
    staged_frame,
)

EVAL_RUN = "demo:subject=1,model=demo/model"


SEED_REVEALS = {"id0", "id3"}
"""The instances of the eval run that a draw of two train runs reveals, of the six."""


def sample(root: Path) -> Suite:
    division = {"method": "sampled", "train_runs": 2}
    return build(root / "runs", root / "suite", division=division)


def eval_run_files(number: float, text: str) -> dict[str, Any]:
    """Return an eval run whose withheld cells hold a number or a text of our choice."""
    perturbed = {"name": "typos", "robustness": True, "fairness": False, "computed_on": "worst"}
    files = run_files(
        EVAL_RUN,
        request_states=[_request_state(f"id{index}", text) for index in range(6)],
        stats=[
            stat("exact_match", number),
            stat("exact_match", number + 1, perturbation=perturbed),
            stat("quasi_exact_match", number + 2),
        ],
        per_instance_stats=[
            {
                "instance_id": f"id{index}",
                "train_trial_index": 0,
                "stats": [stat("exact_match", number + 3 + index)],
            }
            for index in range(6)
        ],
    )
    return {**files, "scenario.json": {"name": text}}


def _request_state(instance_id: str, text: str) -> Json:
    revealed = instance_id in SEED_REVEALS
    state = request_state(instance_id, *((text, text) if not revealed else ()))
    if not revealed:
        state["instance"]["input"]["text"] = text
        state["instance"]["references"][0]["output"]["text"] = text
        state["output_mapping"] = {text: text}
        state["result"]["completions"] = [{text: text}]
        state["request"]["model"] = text
    # Judges' scores, and what later versions of HELM may add, are withheld on every instance.
    state["annotations"] = {"judge": [{"score": text}]}
    state["result"]["judge_score"] = text
    state["gold"] = text
    return state


def make_suite(
    root: Path, number: float, text: str, spec: Mapping[str, Any] | None = None
) -> Suite:
    for subject in (0, 1, 2):
        name = f"demo:subject={subject},model=demo/model"
        files = run_files(name)
        write_run(root / "runs", name, eval_run_files(number, text) if name == EVAL_RUN else files)
    spec_path = root / "runs" / EVAL_RUN.replace("/", "_") / "run_spec.json"
    spec_path.write_text(json.dumps({**json.loads(spec_path.read_text()), **(spec or {})}))
    suite = sample(root)
    assert [run.name for run in suite.cases[0].eval_runs] == [EVAL_RUN]
    states = eval_part(suite, layout.EVAL_SCENARIO_STATES)
    assert set(states["scenario_state.request_states.instance.id"]) == SEED_REVEALS
    return suite


CANARY_TEXT = "canary-7f3a91c2"


CANARY_NUMBER = 7310.5390625
"""Exact in binary, like its successors, so that its eight bytes can be searched for."""


def canary_bytes() -> list[bytes]:
    """Return every form in which a withheld cell could stand in a file."""
    numbers = [CANARY_NUMBER + offset for offset in range(9)]
    numbers += [number * number for number in numbers]
    as_text = [repr(number).encode() for number in numbers]
    return [CANARY_TEXT.encode(), *as_text, *(struct.pack("<d", number) for number in numbers)]


def found_canaries(staged: StagedInputs) -> list[str]:
    return [
        path
        for path, content in staged.files.items()
        for canary in canary_bytes()
        if canary in content or canary in path.encode()
    ]


@pytest.fixture
def uncompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stage Parquet as it is, so that a search of its bytes sees every page."""
    monkeypatch.setattr(parts, "COMPRESSION", "none")


@pytest.mark.usefixtures("uncompressed")
def test_no_withheld_cell_is_in_any_staged_byte(tmp_path: Path) -> None:
    suite = make_suite(tmp_path, CANARY_NUMBER, CANARY_TEXT, spec={"future": CANARY_TEXT})
    assert found_canaries(stage(suite)) == []
    actuals = suite.actuals(suite.cases[0]).stats.values()
    assert CANARY_NUMBER in [actual.mean for actual in actuals]


def found_in_parts(suite: Suite) -> set[str]:
    """Return the files of the public half that hold a canary, in any buffer of a part."""
    found = set()
    for name, of_runs in suite.shown.parts.items():
        for part in of_runs.values():
            with pa.ipc.open_stream(part.read()) as stream:
                chunks = [chunk for column in stream.read_all().columns for chunk in column.chunks]
            held = b"".join(bytes(each) for chunk in chunks for each in chunk.buffers() if each)
            if any(canary in held for canary in canary_bytes()):
                found.add(name)
    return found


def test_no_withheld_cell_is_in_any_byte_of_the_public_half(tmp_path: Path) -> None:
    """Neither in the run's own parts, nor in those of runs that were read together with it."""
    suite = make_suite(tmp_path, CANARY_NUMBER, CANARY_TEXT, spec={"future": CANARY_TEXT})
    assert found_in_parts(suite) == set()
    plain = [path.read_bytes() for path in (suite.root / "public").rglob("*.json")]
    assert not any(CANARY_TEXT.encode() in content for content in plain)


def test_control_a_withheld_column_that_is_allowed_is_found_in_the_public_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leak = "scenario_state.request_states.gold"
    allow_column(monkeypatch, layout.EVAL_SCENARIO_STATES, leak)
    monkeypatch.setattr(build_module, "refuse_leaks", lambda spec, leaks, derivability: None)
    suite = make_suite(tmp_path, CANARY_NUMBER, CANARY_TEXT)
    assert found_in_parts(suite) == {"eval/scenario_states.parts"}


def test_a_suite_with_a_part_that_holds_more_than_its_rows_is_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_runs, "to_part", lambda frame: parts.to_part(frame) + b"0.75")
    with pytest.raises(SuiteError, match="it holds bytes that its rows don't need"):
        make_suite(tmp_path, CANARY_NUMBER, CANARY_TEXT)


@pytest.mark.usefixtures("uncompressed")
@pytest.mark.parametrize("column", ["annotations.", "gold", "result.judge_score"])
def test_control_a_withheld_column_that_is_allowed_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    leak = f"scenario_state.request_states.{column}"
    allow_column(monkeypatch, layout.EVAL_SCENARIO_STATES, leak)
    monkeypatch.setattr(build_module, "refuse_leaks", lambda spec, leaks, derivability: None)
    suite = make_suite(tmp_path, CANARY_NUMBER, CANARY_TEXT)
    assert found_canaries(stage(suite)) == ["eval/scenario_states.parquet"]


@pytest.mark.usefixtures("uncompressed")
def test_control_a_number_is_found_in_a_column(tmp_path: Path) -> None:
    frame = eval_part(make_suite(tmp_path, CANARY_NUMBER, CANARY_TEXT), layout.EVAL_TARGETS)
    leaked = frame.with_columns(pl.lit(CANARY_NUMBER).alias("stats.mean"))
    assert found_canaries(StagedInputs({"leaked.parquet": parquet_bytes(leaked)}))


def test_staging_is_byte_identical_when_only_the_actuals_change(tmp_path: Path) -> None:
    one = make_suite(tmp_path / "a", 0.25, "first")
    other = make_suite(tmp_path / "b", 0.75, "second")
    assert one.actuals(one.cases[0]) != other.actuals(other.cases[0])
    assert stage(one).files == stage(other).files


def test_control_staging_differs_when_a_revealed_cell_changes(tmp_path: Path) -> None:
    one = make_suite(tmp_path / "a", 0.25, "same")
    other = make_suite(tmp_path / "b", 0.25, "same", spec={"groups": ["other"]})
    changed = [
        path for path, content in stage(one).files.items() if stage(other).files[path] != content
    ]
    assert changed == ["manifest.json", "eval/run_specs.parquet"]


def test_parquet_holds_no_statistics_and_no_metadata_of_ours(tmp_path: Path) -> None:
    for path, content in stage(make_suite(tmp_path, 0.25, "text")).files.items():
        if path.endswith(".parquet"):
            metadata = pq.read_metadata(io.BytesIO(content))
            assert metadata.metadata is None
            group = metadata.row_group(0)
            columns = [group.column(index) for index in range(group.num_columns)]
            assert not any(column.is_stats_set for column in columns)


def test_a_split_is_never_revealed_whole_by_a_draw(tmp_path: Path) -> None:
    """Two of the six instances are of the split ``valid``; of draws of 5 two in three have both."""
    states = [request_state(f"id{number}") for number in range(6)]
    for state in states[:2]:
        state["instance"]["split"] = "valid"
    stats = [stat("exact_match", 0.75), stat("exact_match", 0.5, split="valid")]
    for number in range(4):
        name = f"a:x={number}"
        write_run(tmp_path / "runs", name, run_files(name, request_states=states, stats=stats))
    division = {"method": "explicit", "cases": [{"train": ["*x=0"], "eval": ["*x=[123]"]}]}
    fields = {"division": division, "accept": ["twins"], "revealed": {"instances": 5}}
    for seed in range(3):
        suite = build(tmp_path / "runs", tmp_path / f"{seed}", seed=seed, **fields)
        assert len(suite.cases[0].eval_runs) == 3


def test_no_instance_need_be_revealed() -> None:
    suite = shared_suite(revealed={"instances": 0})
    assert staged_frame(suite, "eval/scenario_states.parquet").height == 0


STATE = "scenario_state.request_states."


@pytest.mark.parametrize(
    ("hidden", "column"),
    [
        ("prompts", f"{STATE}request.prompt"),
        ("prompts", f"{STATE}instance.input.text"),
        ("completions", f"{STATE}result.completions"),
        ("references", f"{STATE}instance.references"),
        ("references", f"{STATE}output_mapping.A"),
    ],
)
def test_what_the_spec_hides_is_not_shown_and_all_else_is(hidden: str, column: str) -> None:
    shown = shared_suite()
    less = shared_suite(revealed={"instances": 2, hidden: False})
    assert column in eval_part(shown, layout.EVAL_SCENARIO_STATES).columns
    assert column not in eval_part(less, layout.EVAL_SCENARIO_STATES).columns
    assert f"{STATE}instance.id" in eval_part(less, layout.EVAL_SCENARIO_STATES).columns


def test_without_gold_no_tag_no_order_and_no_lone_reference_tells_it(tmp_path: Path) -> None:
    states = [request_state(f"id{number}") for number in range(4)]
    for state in states[:2]:
        state["instance"]["references"].pop()  # the wrong one
    for number in range(4):
        name = f"a:x={number}"
        write_run(tmp_path / "runs", name, run_files(name, request_states=states))
    revealed = {"instances": "all", "completions": False, "gold": False}
    suite = build(tmp_path / "runs", tmp_path / "suite", revealed=revealed)
    references = eval_part(suite, layout.EVAL_SCENARIO_STATES)[
        f"{STATE}instance.references"
    ].to_list()
    assert [len(each) for each in references] == [0, 0, 2, 2]
    assert [each["output"]["text"] for each in references[2]] == ["no", "yes"]
    assert all(each["tags"] == [] for both in references for each in both)
