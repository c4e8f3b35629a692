"""The audit: each kind of leak planted and found, and a clean twin of it that is not."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.audit.audit import audit_suite
from runner.audit.both_sides import find_twins_on_both_sides
from runner.audit.leak import Leak
from runner.audit.staged_bytes import find_in_archive, find_in_file, find_in_sides
from runner.errors import SuiteError
from runner.files.input_archive import input_archive
from runner.suites import eval_side
from runner.suites.groups import RunIdentity
from runner.suites.parts import parquet_writer, write_row_group
from runner.suites.spec import Revealed
from runner.suites.suite import Suite
from runner.suites.twins import Twins, find_twins, fingerprint_run
from tests.helm_builder import Json, request_state, run_files, stat, write_run, write_suite
from tests.suite_builder import build, parquet_bytes, stage

SPLITS = ["test", "train", "valid"]
TARGETS = pl.DataFrame(
    {
        "run_spec.name": ["a:x=1"] * 3,
        "stats.name.name": ["exact_match"] * 3,
        "stats.name.split": SPLITS,
    }
)


def in_targets(content: bytes) -> list[Leak]:
    return find_in_file("case-1", "eval/targets.parquet", io.BytesIO(content), Revealed())


def written(table: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    defaults = {"compression": "zstd", "write_statistics": False, "store_schema": False}
    pq.write_table(table, buffer, **{**defaults, **options})
    return buffer.getvalue()


def hidden_dictionary(frame: pl.DataFrame) -> bytes:
    """Return the frame with a split column sliced from one that had another value."""
    values = pa.array([*SPLITS, "answer 0.75"]).dictionary_encode()
    table = frame.drop("stats.name.split").to_arrow()
    return written(table.append_column("stats.name.split", pa.chunked_array([values.slice(0, 3)])))


def with_pandas_metadata(frame: pl.DataFrame) -> bytes:
    pandas = frame.to_pandas()
    pandas.attrs["answer"] = 0.75
    return written(pa.Table.from_pandas(pandas), store_schema=True)


def with_footer(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    with parquet_writer(buffer, frame.to_arrow().schema) as writer:
        write_row_group(writer, frame.to_arrow())
        writer.add_key_value_metadata({"answer": "0.75"})
    return buffer.getvalue()


PLANTED: dict[str, tuple[Callable[[pl.DataFrame], bytes], str]] = {
    "a column": (
        lambda frame: parquet_bytes(frame.with_columns(pl.lit(0.75).alias("stats.mean"))),
        "stats.mean: is not among the columns that are revealed",
    ),
    "a footer": (with_footer, "its footer has metadata (answer)"),
    "pandas metadata": (with_pandas_metadata, "its footer has metadata (ARROW:schema, pandas)"),
    "statistics": (
        lambda frame: written(frame.to_arrow(), write_statistics=True),
        "run_spec.name: has statistics",
    ),
    "a dictionary": (hidden_dictionary, "stats.name.split: its dictionary has entries of other"),
    "the order of rows": (
        lambda frame: parquet_bytes(frame[::-1]),
        "its rows are in another order",
    ),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_leak_planted_in_a_staged_file_is_found_with_its_place(kind: str) -> None:
    plant, found = PLANTED[kind]
    leaks = [str(leak) for leak in in_targets(plant(TARGETS))]
    assert any(found in leak for leak in leaks), leaks
    assert all(leak.startswith("case-1: eval/targets.parquet") for leak in leaks)


def test_bytes_that_no_row_needs_are_found() -> None:
    """Other compression stands for any difference that reading the rows does not show."""
    content = written(TARGETS.to_arrow(), compression="none")
    (leak,) = in_targets(content)
    assert "it holds bytes that its rows don't need" in str(leak)


def test_a_clean_staged_file_has_no_leak() -> None:
    assert in_targets(parquet_bytes(TARGETS)) == []


def test_a_file_that_the_contract_does_not_know_is_found_by_its_name() -> None:
    (leak,) = find_in_file("case-1", "eval/0.75.parquet", io.BytesIO(), Revealed())
    assert leak.file == "eval/0.75.parquet"
    assert find_in_file("case-1", "assets/0.75", io.BytesIO(), Revealed()) == []


def archive(**member: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("manifest.json")
        for name, value in member.items():
            setattr(info, name, value)
        tar.addfile(info)
    return buffer.getvalue()


@pytest.mark.parametrize("planted", [{"mtime": 75}, {"uid": 75}, {"uname": "answer"}])
def test_times_and_owners_of_staged_files_are_found(planted: dict[str, Any]) -> None:
    assert len(find_in_archive("case-1", archive(**planted))) == 1
    assert find_in_archive("case-1", archive()) == []


def test_files_in_another_order_than_their_names_are_found() -> None:
    files = {"manifest.json": b"{}", "eval/targets.parquet": b""}
    assert find_in_archive("case-1", input_archive(files)) == []
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("b", "a"):
            tar.addfile(tarfile.TarInfo(name))
    (leak,) = find_in_archive("case-1", buffer.getvalue())
    assert "in another order" in leak.what


def test_a_run_on_both_sides_is_found() -> None:
    (leak,) = find_in_sides("case-1", ["a", "b"], ["b", "c"])
    assert "the eval run b is a train run too" in leak.what
    assert find_in_sides("case-1", ["a"], ["b"]) == []


def test_the_suites_of_the_builder_are_clean(tmp_path: Path) -> None:
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    assert audit_suite(suite).leaks == ()
    assert find_in_archive("case-1", input_archive(stage(suite).files)) == []


STATES = "scenario_state.request_states."


@pytest.mark.parametrize(
    ("revealed", "leaking"),
    [
        ({}, f"{STATES}annotations."),
        ({}, f"{STATES}result.judge_score"),
        ({"prompts": False}, f"{STATES}request."),
        ({"completions": False}, f"{STATES}result.completions"),
        ({"references": False}, f"{STATES}output_mapping."),
    ],
)
def test_a_column_that_depends_on_a_withheld_value_is_found_by_changing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, revealed: dict[str, bool], leaking: str
) -> None:
    states = [request_state(f"id{number}") for number in range(4)]
    for state in states:
        state["annotations"] = {"judge": [{"score": 0.75}]}
        state["result"]["judge_score"] = 0.75
    for number in range(4):
        name = f"a:x={number}"
        write_run(tmp_path / "runs", name, run_files(name, request_states=states))
    chosen = {"instances": 2, **revealed}
    build(tmp_path / "runs", tmp_path / "clean", revealed=chosen)
    shown = (*eval_side.REVEALED_STATE_COLUMNS, leaking)
    monkeypatch.setattr(eval_side, "REVEALED_STATE_COLUMNS", shown)
    with pytest.raises(SuiteError, match="changes when only withheld values are changed") as found:
        build(tmp_path / "runs", tmp_path / "leaking", revealed=chosen)
    assert leaking in str(found.value)
    assert not (tmp_path / "leaking").exists()


def test_gold_that_is_told_by_the_order_of_references_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = {"instances": 2, "completions": False, "gold": False}
    source = write_suite(tmp_path)
    build(source, tmp_path / "clean", revealed=hidden)

    def untagged(references: list[Json]) -> list[Json]:
        return sorted(references, key=lambda reference: not reference["tags"])

    monkeypatch.setattr(eval_side, "_untold", untagged)
    with pytest.raises(SuiteError, match=r"instance\.references: it changes when only withheld"):
        build(source, tmp_path / "leaking", revealed=hidden)


def write_models(
    root: Path, answers: dict[str, list[str]], scenario: str = "quiz", **more: str
) -> Path:
    """Write a run of one scenario for each model, with its completions, of which "A" is right."""
    for model, completions in answers.items():
        states = [request_state(f"id{n:02}", text) for n, text in enumerate(completions)]
        name = f"{scenario}:model={model}"
        files = run_files(name, request_states=states)
        files["run_spec.json"]["scenario_spec"]["args"] = {"of": scenario}
        files["run_spec.json"]["adapter_spec"] |= {"model": model, **more}
        write_run(root, name, files)
    return root


RIGHT, WRONG = ["A"] * 24, ["B", "C", "D"] * 8


def answers_of(right: int, wrong: list[str]) -> list[str]:
    return RIGHT[:right] + wrong[: 24 - right]


def test_deployments_that_share_mistakes_are_twins_and_good_models_are_not() -> None:
    """24 requests; one and two share 22 answers and 2 of the 4 that one gets wrong.

    Three shares 20 right answers with them, but none of the mistakes.
    """
    models = {
        "one": [*["A"] * 20, "B", "B", "B", "B"],
        "two": [*["A"] * 20, "B", "B", "C", "C"],
        "three": [*["A"] * 20, "D", "D", "D", "D"],
    }
    prints = []
    for model, completions in models.items():
        identity = RunIdentity("quiz", model, model)
        rows = [request_state(f"id{n}", text) for n, text in enumerate(completions)]
        prints.append(fingerprint_run(identity, states_frame(rows)))
    (twins,) = find_twins(prints)
    assert (twins.deployments, twins.shared, twins.same_wrong_share) == (("one", "two"), 24, 0.5)
    assert twins.same_share == pytest.approx(22 / 24)


def states_frame(rows: list[Json]) -> pl.DataFrame:
    flat = []
    for row in rows:
        instance, result = row["instance"], row["result"]
        flat.append(
            {
                f"{STATES}instance.id": instance["id"],
                f"{STATES}instance.references": instance["references"],
                f"{STATES}output_mapping.A": "yes",
                f"{STATES}output_mapping.B": "no",
                f"{STATES}result.completions": result["completions"],
            }
        )
    return pl.DataFrame(flat)


def identities(**models: tuple[str, str]) -> dict[str, RunIdentity]:
    return {name: RunIdentity("quiz", *model) for name, model in models.items()}


@pytest.mark.parametrize(
    ("train", "reason"),
    [
        (("llama", "groq/llama"), "their scenario and their deployment, as in a sweep"),
        (("llama", "together/llama"), "their model, deployed as together/llama"),
        (("meta", "hf/llama"), "groq/llama and hf/llama answer 82% of 100 common requests alike"),
        (("gpt", "openai/gpt"), None),
    ],
)
def test_a_twin_on_the_other_side_is_found_with_the_reason(
    train: tuple[str, str], reason: str | None
) -> None:
    evaluated = identities(evaluated=("llama", "groq/llama"))
    twins = [Twins(("groq/llama", "hf/llama"), 100, 0.82, 0.5)]
    leaks = find_twins_on_both_sides("case-1", identities(train=train), evaluated, twins)
    assert [reason in leak.what for leak in leaks if reason] == ([True] if reason else [])
    assert bool(leaks) == bool(reason)
    other = {"train": RunIdentity("other", *train)}
    assert find_twins_on_both_sides("case-1", other, evaluated, twins) == []


def twin_models(root: Path) -> Path:
    models = {
        "one": answers_of(12, ["B"] * 12),
        "two": answers_of(12, ["B"] * 12),
        "three": answers_of(12, WRONG[::-1]),
        "four": answers_of(6, WRONG),
    }
    return write_models(root, models)


def test_twins_are_kept_on_one_side_of_every_case_and_named(tmp_path: Path) -> None:
    division = {"method": "leave_one_out", "by": "model"}
    fields = {"division": division, "keep_together": ["twins"], "accept": []}
    suite = build(twin_models(tmp_path / "runs"), tmp_path / "suite", **fields)
    assert len(suite.cases) == 3
    sides = [{run.model for run in case.eval_runs} for case in suite.cases]
    assert {"one", "two"} in sides
    (group,) = suite.manifest.groups
    assert group.kind == "twins"


def test_twins_on_two_sides_are_refused_unless_the_spec_accepts_them(tmp_path: Path) -> None:
    division = {"method": "leave_one_out", "by": "model"}
    source = twin_models(tmp_path / "runs")
    fields: dict[str, Any] = {"division": division, "keep_together": []}
    with pytest.raises(SuiteError, match="one and two answer 100%") as refused:
        build(source, tmp_path / "suite", **fields, accept=[])
    assert "2 leaks" in str(refused.value)
    assert "accept: [twins]" in str(refused.value)
    accepted = build(source, tmp_path / "suite", **fields, accept=["twins"])
    assert len(accepted.cases) == 4
    assert [leak.kind for leak in audit_suite(accepted).leaks] == ["twins", "twins"]


def quiz_suite(root: Path, stats: list[Json], **revealed: Any) -> Suite:
    """Return a suite whose eval run has 3 of 4 instances right; its spec accepts no leak."""
    states = [request_state(f"id{n}", text) for n, text in enumerate("AAAB")]
    for number in range(4):
        name = f"a:x={number}"
        files = run_files(name, request_states=states, stats=stats)
        write_run(root / "runs", name, files)
    names = [each["name"]["name"] for each in stats]
    return build(root / "runs", root / "suite", revealed=revealed, accept=[], targets=names)


def test_a_suite_that_reveals_every_answer_is_refused_with_the_recomputed_actual(
    tmp_path: Path,
) -> None:
    with pytest.raises(SuiteError, match=r"all 4 instances of exact_match") as refused:
        quiz_suite(tmp_path, [stat("exact_match", 0.75)], instances="all")
    assert "recomputed as 0.75, its actual" in str(refused.value)
    assert "case-1: 100% of the actuals is determined" in str(refused.value)
    assert "accept: [derivable]" in str(refused.value)


@pytest.mark.parametrize(
    ("revealed", "figure"),
    [
        ({"instances": 2}, "50% of the actuals is determined by what is revealed (2 of 4"),
        ({"instances": "all", "completions": False}, "0% of the actuals is determined"),
        ({"instances": "all", "gold": False}, "0% of the actuals is determined"),
        ({"instances": "all", "references": False}, "0% of the actuals is determined"),
    ],
)
def test_a_suite_that_reveals_less_is_accepted_and_the_figure_told(
    tmp_path: Path, revealed: dict[str, Any], figure: str
) -> None:
    suite = quiz_suite(tmp_path, [stat("exact_match", 0.75)], **revealed)
    assert figure in audit_suite(suite).derivability["case-1"]


def test_a_metric_that_the_cheater_does_not_know_counts_as_determined_too(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="all 4 instances of rouge_l") as refused:
        quiz_suite(tmp_path, [stat("rouge_l", 0.75)], instances="all")
    assert "recomputed" not in str(refused.value)


def test_a_split_is_never_revealed_whole_by_a_draw(tmp_path: Path) -> None:
    """Two of the six instances are of the split ``valid``; a draw of 5 would often have both."""
    states = [request_state(f"id{number}") for number in range(6)]
    for state in states[:2]:
        state["instance"]["split"] = "valid"
    stats = [stat("exact_match", 0.75), stat("exact_match", 0.5, split="valid")]
    for number in range(4):
        name = f"a:x={number}"
        write_run(tmp_path / "runs", name, run_files(name, request_states=states, stats=stats))
    division = {"method": "leave_one_out", "by": "run"}
    fields = {"division": division, "accept": ["twins"], "revealed": {"instances": 5}}
    for seed in range(5):
        suite = build(tmp_path / "runs", tmp_path / f"{seed}", seed=seed, **fields)
        assert len(suite.cases) == 4


def test_the_private_half_alone_has_what_only_scores_need(tmp_path: Path) -> None:
    """A run that only evaluates has no train frames, which would be its actuals."""
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    (case,) = suite.cases
    (evaluated,) = case.eval_runs
    folder = suite.root / "public" / evaluated.folder
    assert [path.name for path in folder.iterdir()] == ["eval"]
    assert (suite.root / "public" / case.train_runs[0].folder / "train").is_dir()


def test_pandas_reads_what_is_staged(tmp_path: Path) -> None:
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    frame = pd.read_parquet(io.BytesIO(stage(suite).files["train/stats.parquet"]))
    assert len(frame) == 6
