"""On files that lm-evaluation-harness 0.4.13 wrote: tests/developer/make_lm_eval_results.py."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
from runner.importing.importing import import_results
from tests.imports import DATA, Json, change_json, change_lines, copy_of, means, only, read_runs

CAREFUL = DATA / "lm_eval" / "demo__careful"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("lm_eval")
    import_results(DATA / "lm_eval", output)
    return output / "runs" / "lm_eval"


def test_every_task_of_every_model_is_a_run_that_is_read_as_helms(imported: Path) -> None:
    names = {run.name for run in find_runs(imported)}
    assert len(names) == 12
    assert "lm_eval:task=differences,num_fewshot=2,model=demo_careful" in names
    assert all(read_run(run).scenario_states.height == 10 for run in find_runs(imported))


def test_every_score_of_the_results_is_the_mean_of_a_stat(imported: Path) -> None:
    results = json.loads(only(CAREFUL, "results_*.json").read_text())["results"]
    stats = read_runs(imported, "stats.json")
    for task, name in {
        "sums": "lm_eval:task=sums,model=demo_careful",
        "differences": "lm_eval:task=differences,num_fewshot=2,model=demo_careful",
        "letters": "lm_eval:task=letters,model=demo_careful",
        "reversals": "lm_eval:task=reversals,model=demo_careful",
    }.items():
        expected = {
            key.removesuffix(",none"): value
            for key, value in results[task].items()
            if "," in key and "_stderr" not in key
        }
        assert means(stats[name]) == expected


def test_the_mean_over_instances_is_the_mean_of_the_run(imported: Path) -> None:
    stats = read_runs(imported, "stats.json")
    for name, entries in read_runs(imported, "per_instance_stats.json").items():
        for metric, mean in means(stats[name]).items():
            values = [means(entry["stats"]).get(metric) for entry in entries]
            if "letters" in name:
                assert values == [None] * 10
            else:
                assert sum(value or 0 for value in values) / 10 == pytest.approx(mean)


def test_a_choice_of_a_multiple_choice_task_is_a_reference_and_the_likeliest_the_completion(
    imported: Path,
) -> None:
    states = read_runs(imported, "scenario_state.json")["lm_eval:task=sums,model=demo_careful"]
    state = states["request_states"][0]
    assert state["request"]["prompt"] == "9 + 37 ="
    assert state["instance"]["references"] == [
        {"output": {"text": "36"}, "tags": []},
        {"output": {"text": "47"}, "tags": []},
        {"output": {"text": "46"}, "tags": ["correct"]},
    ]
    assert state["result"]["completions"] == [
        {"text": "46", "tokens": [], "logprob": -1.1955145015381277}
    ]


def test_a_target_that_can_be_a_number_or_a_choices_text_follows_from_the_accuracy(
    tmp_path: Path,
) -> None:
    source = copy_of("lm_eval", tmp_path)
    samples = only(source / "demo__careful", "samples_sums_*")

    def choices_are_numbers(rows: list[Json]) -> None:
        for number, text in enumerate(["2", "1", "0"]):  # target 2 is choice 2, or the text "2"
            rows[0]["arguments"][f"gen_args_{number}"]["arg_1"] = f" {text}"

    change_lines(samples, choices_are_numbers)
    import_results(source, tmp_path / "out")
    states = read_runs(tmp_path / "out", "scenario_state.json")
    references = states["lm_eval:task=sums,model=demo_careful"]["request_states"][0]["instance"][
        "references"
    ]
    assert [bool(each["tags"]) for each in references] == [False, False, True]


def test_answers_of_repeats_are_completions_and_the_target_the_reference(imported: Path) -> None:
    states = read_runs(imported, "scenario_state.json")["lm_eval:task=reversals,model=demo_careful"]
    state = states["request_states"][1]
    assert [each["text"] for each in state["result"]["completions"]] == ["fcdfc!", "fcdfc"]
    assert state["instance"]["references"] == [{"output": {"text": "fcdfc"}, "tags": ["correct"]}]


def test_what_is_lost_of_a_run_stands_beside_it(imported: Path) -> None:
    origins = read_runs(imported, "import.json")
    of_letters = origins["lm_eval:task=letters,model=demo_careful"]
    assert of_letters["harness"] == "lm-evaluation-harness"
    assert of_letters["version"] == "0.4.13"
    assert "perturbations: the harness has none" in of_letters["lost"]
    assert "scores of samples: bits_per_byte, word_perplexity" in of_letters["lost"]
    of_sums = origins["lm_eval:task=sums,model=demo_careful"]
    assert not any(lost.startswith("scores of samples") for lost in of_sums["lost"])
    assert len(of_sums["files"]) == 2


def test_results_of_several_models_may_lie_in_one_folder(tmp_path: Path) -> None:
    for path in (DATA / "lm_eval").rglob("*.json*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (written,) = import_results(tmp_path, tmp_path / "out")
    assert len(written.new) == 12


def row(number: int, **fields: Any) -> Callable[[Path], None]:
    """Return what changes fields of a row of the sums' samples."""

    def change(source: Path) -> None:
        change_lines(only(source, "samples_sums_*"), lambda rows: rows[number].update(fields))

    return change


def result(change: Callable[[Json], object]) -> Callable[[Path], None]:
    return lambda source: change_json(only(source, "results_*.json"), change)


def cut_off(source: Path) -> None:
    samples = only(source, "samples_sums_*")
    samples.write_text(samples.read_text()[:-100])


def cut_between_lines(source: Path) -> None:
    change_lines(only(source, "samples_sums_*"), lambda rows: rows.pop())


def pipe(source: Path) -> None:
    samples = only(source, "samples_sums_*")
    samples.unlink()
    os.mkfifo(samples)


def twice(source: Path) -> None:
    change_lines(only(source, "samples_sums_*"), lambda rows: rows.append(rows[3]))


def of_sums(key: str, value: Any) -> Callable[[Path], None]:
    return result(lambda document: document["results"]["sums"].update({key: value}))


HUGE = 10**400

FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no samples": (
        lambda source: only(source, "samples_sums_*").unlink(),
        r"results_.*json: there is no samples_sums_.* Run lm-evaluation-harness again with --log_s",
    ),
    "a pipe in place of samples": (
        pipe,
        r"there is no samples_sums_",
    ),
    "nested too deep": (
        lambda source: only(source, "samples_sums_*").write_text("[" * 100_000),
        r"line 1: no JSON",
    ),
    "no text": (
        lambda source: only(source, "samples_sums_*").write_bytes(b"\xff\xfe"),
        r"line 1: no JSON",
    ),
    "cut off": (cut_off, r"samples_sums_.*jsonl: line 10: no JSON, perhaps cut off"),
    "cut between lines": (cut_between_lines, r"9 rows of 9 samples, but .* 10 samples"),
    "doubled sample": (twice, r"line 11: doc_id 3 was on line 4 already"),
    "no doc_id": (row(2, doc_id=None), r"line 3: 'doc_id' is missing"),
    "negative doc_id": (row(2, doc_id=-1), r"line 3: doc_id is -1, not a whole number"),
    "a huge doc_id": (row(2, doc_id=HUGE), r"line 3: doc_id is a number, not a whole number"),
    "NaN in a sample": (row(2, acc=float("nan")), r"line 3: acc is nan, not a finite number"),
    "a huge score": (row(2, acc=HUGE), r"line 3: acc is larger than 1e\+150"),
    "resps of another type": (row(0, resps="A"), r"line 1: resps is 'A', not a list"),
    "resps without numbers": (row(0, resps=[[["x", "True"]]] * 3), r"'x', not a log-likelihood"),
    "NaN in resps": (row(0, resps=[[["nan", "True"]]] * 3), r"in resps is nan, not a finite"),
    "too few resps": (row(0, resps=[]), r"0 log-likelihoods for 3 choices"),
    "no prompt": (row(0, arguments={}), r"line 1: arguments has no prompt"),
    "a list in place of a row": (
        lambda source: only(source, "samples_sums_*").write_text("[1]\n"),
        r"line 1: '\[1\]', not an object",
    ),
    "NaN in the results": (of_sums("acc,none", float("nan")), r"acc,none is nan, not a finite"),
    "a huge result": (of_sums("acc,none", HUGE), r"acc,none is larger than 1e\+150"),
    "a metric that is no name": (of_sums("a\nb,none", 1), r"is 'a\\nb,none', which is no name"),
    "results of no object": (
        result(lambda document: document.update(results=[])),
        r"'results': '\[\]', not an object",
    ),
    "a task without a config": (
        result(lambda document: document["configs"].pop("sums")),
        r"configs has no 'sums'",
    ),
    "no model": (
        result(lambda document: document.pop("model_name")),
        r"'model_name' is missing",
    ),
    "a model that is no name": (
        result(lambda document: document.update(model_name="a\x1b[0m")),
        r"model_name is 'a\\x1b\[0m', which is no name",
    ),
    "a number of shots that is a text": (
        result(lambda document: document["n-shot"].update(sums="2")),
        r"sums is '2', not a whole number",
    ),
    "no date in the name": (
        lambda source: only(source, "results_*.json").rename(source / "results.json"),
        r"its name has no date",
    ),
    "cut results": (
        lambda source: only(source, "results_*.json").write_text('{"results": {'),
        r"results_.*json: no JSON, perhaps cut off",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), FAULTS.values(), ids=FAULTS)
def test_what_lm_eval_would_not_write_is_refused_by_its_place_and_nothing_is_written(
    spoil: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    source = copy_of("lm_eval", tmp_path) / "demo__careful"
    spoil(source)
    with pytest.raises(SuiteError, match=message):
        import_results(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_control_the_same_folder_unspoiled_is_imported(tmp_path: Path) -> None:
    (written,) = import_results(copy_of("lm_eval", tmp_path) / "demo__careful", tmp_path / "out")
    assert len(written.new) == 4


def test_a_name_like_a_path_stays_within_the_output(tmp_path: Path) -> None:
    source = copy_of("lm_eval", tmp_path) / "demo__careful"
    name = "../../../evil"
    only(source, "samples_sums_*").rename(source / "samples_x_2026-01-31T12-00-00.jsonl")

    def rename(document: Json) -> None:
        document["model_name"] = "/etc/../passwd"
        for part in ("results", "configs", "n-samples", "versions", "n-shot"):
            document[part] = {name: document[part]["sums"]}

    change_json(only(source, "results_*.json"), rename)
    with pytest.raises(SuiteError, match=r"there is no samples_\.\./\.\./\.\./evil_"):
        import_results(source, tmp_path / "out")


def test_a_model_given_by_its_path_stays_within_the_output(tmp_path: Path) -> None:
    source = copy_of("lm_eval", tmp_path) / "demo__careful"
    change_json(
        only(source, "results_*.json"), lambda document: document.update(model_name="/../../m")
    )
    (written,) = import_results(source, tmp_path / "out")
    folders = {path.parent for path in (tmp_path / "out").rglob("stats.json")}
    assert {folder.parent for folder in folders} == {tmp_path / "out" / "runs" / "lm_eval"}
    assert {run.model for run in written.new} == {"/../../m"}
