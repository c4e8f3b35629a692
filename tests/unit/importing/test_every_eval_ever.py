"""On records of the demo's HELM runs that the real converter wrote.

See tests/developer/make_every_eval_ever_records.py.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.building.build import build_suite
from runner.building.demo_suite import unpack_demo_suite
from runner.errors import SuiteError
from runner.helm_outputs.runs import find_partial_runs, find_runs
from runner.importing.importing import import_results
from runner.suites.spec_file import make_spec
from tests.imports import Json, change_json, change_lines, only, read_runs, unpack_records

EFFICIENCY = {"inference_runtime", "num_prompt_tokens", "logprob", "finish_reason_stop"}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_records(tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def imported(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("imported")
    import_results(records, output)
    return output / "runs" / "every_eval_ever"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack_demo_suite(tmp_path_factory.mktemp("demo"))


def scenario_and_model(run_spec: Json) -> tuple[str, str]:
    return json.dumps(run_spec["scenario_spec"], sort_keys=True), run_spec["adapter_spec"]["model"]


def unperturbed(stats: list[Json]) -> dict[tuple[str, str], float]:
    return {
        (stat["name"]["name"], stat["name"].get("split")): stat["mean"]
        for stat in stats
        if "perturbation" not in stat["name"] and "mean" in stat
    }


def by_scenario_and_model(directory: Path, file_name: str) -> dict[tuple[str, str], list[Any]]:
    specs, found = read_runs(directory, "run_spec.json"), read_runs(directory, file_name)
    groups: dict[tuple[str, str], list[Any]] = {}
    for name, spec in specs.items():
        groups.setdefault(scenario_and_model(spec), []).append(found[name])
    return groups


def test_unperturbed_stats_of_helms_runs_come_back_equal(imported: Path, demo: Path) -> None:
    originals = by_scenario_and_model(demo, "stats.json")
    back = by_scenario_and_model(imported, "stats.json")
    assert sum(map(len, back.values())) == 50
    for key, all_stats in back.items():
        expected = [unperturbed(stats) for stats in originals[key]]
        assert len(all_stats) == len(expected)
        for stats in all_stats:
            found = unperturbed(stats)
            assert ("exact_match", "test") in found
            # A sweep's runs have the same instances, and so the same unperturbed stats.
            assert all(found.items() <= original.items() for original in expected)


def test_unperturbed_stats_of_instances_come_back_equal(imported: Path, demo: Path) -> None:
    def values(entries: list[Json]) -> dict[str, dict[tuple[str, str], float]]:
        scores: dict[str, dict[tuple[str, str], float]] = {}
        for entry in entries:
            if "perturbation" not in entry:
                known = scores.setdefault(entry["instance_id"], {})
                for name, value in unperturbed(entry["stats"]).items():
                    known.setdefault(name, value)  # the converter takes the first trial
        return scores

    originals = by_scenario_and_model(demo, "per_instance_stats.json")
    for key, runs in by_scenario_and_model(imported, "per_instance_stats.json").items():
        original = values(originals[key][0])
        for run in runs:
            found = values(run)
            assert found.keys() == original.keys()
            assert all(scores.items() <= original[name].items() for name, scores in found.items())


def test_each_loss_is_named(imported: Path, demo: Path) -> None:
    originals = by_scenario_and_model(demo, "stats.json")
    origins = by_scenario_and_model(imported, "import.json")
    for key, stats in by_scenario_and_model(imported, "stats.json").items():
        lost = {name for name, _ in unperturbed(originals[key][0])} - {
            stat["name"]["name"] for stat in stats[0]
        }
        assert lost >= EFFICIENCY
        said = " | ".join(origins[key][0]["lost"])
        assert "metrics that the converter leaves out, e.g. of efficiency" in said
        for words in ("perturbations, sub-splits", "stats of perturbations: ", "deployment's name"):
            assert words in said


def test_copies_and_trials_that_look_like_the_instance_are_counted(imported: Path) -> None:
    origin = read_runs(imported, "import.json")[
        "every_eval_ever:task=demo_category,model=demo_keyword-rules"
    ]
    assert "rows of perturbed copies or further trials, which look alike: 288" in origin["lost"]


def test_the_scenario_that_helms_converter_keeps_is_that_of_helm(
    imported: Path, demo: Path
) -> None:
    scenarios = {
        json.dumps(spec["scenario_spec"], sort_keys=True)
        for spec in read_runs(demo, "run_spec.json").values()
    }
    back = {
        json.dumps(spec["scenario_spec"], sort_keys=True)
        for spec in read_runs(imported, "run_spec.json").values()
    }
    assert back == scenarios


def test_a_sample_has_its_prompt_choices_gold_and_answer(imported: Path) -> None:
    states = read_runs(imported, "scenario_state.json")[
        "every_eval_ever:task=demo_category,model=demo_keyword-rules"
    ]
    state = states["request_states"][0]
    assert state["request"]["prompt"] == state["instance"]["input"]["text"]
    gold = [each for each in state["instance"]["references"] if each["tags"] == ["correct"]]
    assert len(gold) == 1
    assert len(state["instance"]["references"]) > 1
    assert len(state["result"]["completions"]) == 1


@pytest.fixture
def record(records: Path, tmp_path: Path) -> Path:
    """Return a folder with one record, to be spoiled."""
    folder = records / "demo_category" / "demo" / "keyword-rules"
    return Path(shutil.copytree(folder, tmp_path / "record"))


def aggregate(change: Callable[[Json], object]) -> Callable[[Path], object]:
    return lambda folder: change_json(only(folder, "*.json"), change)


def rows(change: Callable[[list[Json]], object]) -> Callable[[Path], object]:
    """Return what changes the samples, and the record's digest of them."""

    def spoil(folder: Path) -> None:
        path = only(folder, "*.jsonl")
        change_lines(path, change)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        change_json(
            only(folder, "*.json"),
            lambda document: document["detailed_evaluation_results"].update(checksum=digest),
        )

    return spoil


def first(**fields: Any) -> Callable[[Path], object]:
    return rows(lambda all_rows: all_rows[0].update(fields))


def result(**fields: Any) -> Callable[[Path], object]:
    return aggregate(lambda document: document["evaluation_results"][0].update(fields))


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "another schema": (
        aggregate(lambda document: document.update(schema_version="0.2.0")),
        r"schema_version is '0.2.0', and only 0.3.x is read. Convert the results again",
    ),
    "no results": (
        aggregate(lambda document: document.update(evaluation_results=[])),
        r"evaluation_results is empty",
    ),
    "results of another type": (
        aggregate(lambda document: document.update(evaluation_results={})),
        r"evaluation_results is '\{\}', not a list",
    ),
    "a result without its score": (result(score_details={}), r"item 1: .*'score' is missing"),
    "a NaN": (result(score_details={"score": float("nan")}), r"score is nan, not a finite"),
    "a huge score": (result(score_details={"score": 10**400}), r"score is larger than 1e\+150"),
    "a score that is a text": (result(score_details={"score": "1"}), r"score is '1', not a num"),
    "no model": (
        aggregate(lambda document: document["model_info"].pop("id")),
        r"'model_info': 'id' is missing",
    ),
    "one score twice": (
        aggregate(
            lambda document: document["evaluation_results"].extend(
                document["evaluation_results"][:1] * 2
            )
        ),
        r"there is another score 'exact_match.*' of this evaluation",
    ),
    "no samples": (
        lambda folder: only(folder, "*.jsonl").unlink(),
        r"there is no '.*_samples.jsonl' beside it",
    ),
    "samples elsewhere": (
        aggregate(
            lambda document: document["detailed_evaluation_results"].update(
                file_path="../../../etc/passwd"
            )
        ),
        r"there is no 'passwd' beside it",
    ),
    "samples cut off": (
        lambda folder: only(folder, "*.jsonl").write_text(
            only(folder, "*.jsonl").read_text()[:-100]
        ),
        r"its digest is not that of .*: it was changed, or cut off",
    ),
    "too few rows": (rows(lambda all_rows: all_rows.pop()), r"rows, and the record says"),
    "another model": (first(model_id="a/b"), r"line 1: model_id is not 'demo/keyword-rules'"),
    "another evaluation": (
        first(evaluation_name="b"),
        r"line 1: the record has no evaluation 'b'",
    ),
    "another result": (
        first(evaluation_result_id="b"),
        r"line 1: the record has no result 'b'",
    ),
    "no sample id": (first(sample_id=None), r"line 1: 'sample_id' is missing"),
    "a sample id of another type": (first(sample_id=3), r"line 1: sample_id is 3, not a text"),
    "a sample without input": (first(input=None), r"line 1: 'input' is missing"),
    "answers that are no texts": (first(output={"raw": [1]}), r"raw has 1, not a text"),
    "a NaN in a sample": (
        first(evaluation={"score": float("nan"), "is_correct": True}),
        r"line 1: 'evaluation': score is nan",
    ),
    "a name that is none": (result(evaluation_name="a\nb"), r"which is no name"),
}


@pytest.mark.parametrize(("spoil", "message"), FAULTS.values(), ids=FAULTS)
def test_what_the_schema_does_not_allow_is_refused_by_its_place_and_nothing_is_written(
    spoil: Callable[[Path], object], message: str, record: Path, tmp_path: Path
) -> None:
    spoil(record)
    with pytest.raises(SuiteError, match=message):
        import_results(record, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_control_the_same_record_unspoiled_is_imported(record: Path, tmp_path: Path) -> None:
    rows(lambda all_rows: None)(record)
    (written,) = import_results(record, tmp_path / "out")
    assert len(written.new) == 1
    assert len(find_runs(written.directory)) == 1


def of_library(name: str) -> Callable[[Path], object]:
    return aggregate(lambda document: document.update(eval_library={"name": name, "version": "1"}))


def doubled(all_rows: list[Json]) -> None:
    all_rows.pop()
    all_rows.append(all_rows[0])


def test_a_doubled_sample_of_another_library_than_helm_is_refused(
    record: Path, tmp_path: Path
) -> None:
    of_library("lm_eval")(record)
    rows(doubled)(record)
    with pytest.raises(SuiteError, match=r"sample 'id\d+' was there already: .*line 1"):
        import_results(record, tmp_path / "out")


def test_epochs_that_inspects_converter_keeps_are_trials(record: Path, tmp_path: Path) -> None:
    def two_epochs(all_rows: list[Json]) -> None:
        second = {**all_rows[0], "metadata": {"epoch": "2"}}
        all_rows[:] = [*all_rows[:4], second]

    of_library("inspect_ai")(record)
    rows(two_epochs)(record)
    aggregate(lambda document: document["detailed_evaluation_results"].update(total_rows=5))(record)
    (written,) = import_results(record, tmp_path / "out")
    assert written.new[0].samples is not None
    assert max(sample.trial for sample in written.new[0].samples) == 1


def test_a_record_without_samples_is_a_run_with_stats_alone(record: Path, tmp_path: Path) -> None:
    aggregate(lambda document: document.pop("detailed_evaluation_results"))(record)
    (written,) = import_results(record, tmp_path / "out")
    (run,) = find_partial_runs(written.directory).runs
    assert run.files == ("run_spec.json", "stats.json")


def test_runs_with_stats_alone_make_a_suite(records: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(records / "demo_category", tmp_path / "records"))
    for path in source.rglob("*.json"):
        change_json(path, lambda document: document.pop("detailed_evaluation_results"))
    import_results(source, tmp_path / "out")
    fields = {
        "name": "x",
        "version": "1",
        "helm_runs": [str(tmp_path / "out")],
        "partial_runs": "use",
        "division": {"method": "holdout", "by": "model"},
    }
    built = build_suite(make_spec(fields, "the test"), tmp_path / "suite")
    assert built.audit is not None
    assert "an unknown share of the actuals" in str(built.audit.derivability["case-1"])
    assert any("have no completions" in words for words in built.audit.unknown)
