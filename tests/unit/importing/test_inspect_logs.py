"""On logs that Inspect 0.3.285 wrote: tests/developer/make_inspect_logs.py."""

import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError, UsageError
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
from runner.importing.importing import import_results
from tests.imports import BESIDE, DATA, means, read_runs


@pytest.fixture(scope="module", autouse=True)
def inspect_log() -> Iterator[Any]:
    """Yield Inspect's own module for logs; its packages come after the environment's."""
    assert BESIDE.is_dir(), "make build/inspect/installed puts Inspect there"
    sys.path.append(str(BESIDE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import inspect_ai.log  # noqa: PLC0415  (only now on the path)

        yield inspect_ai.log
    sys.path.remove(str(BESIDE))


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("inspect")
    import_results(DATA / "inspect", output)
    return output / "runs" / "inspect"


def logs(inspect_log: Any, task: str) -> dict[str, Any]:
    """Return the logs of a task as Inspect reads them, by model."""
    read = [inspect_log.read_eval_log(str(path)) for path in (DATA / "inspect").glob("*.eval")]
    return {log.eval.model: log for log in read if log.eval.task == task}


def test_every_log_is_a_run_that_is_read_as_helms(imported: Path) -> None:
    runs = find_runs(imported)
    assert {run.name for run in runs} >= {"inspect:task=sums,model=mockllm_careful"}
    assert len(runs) == 6
    assert [read_run(run).scenario_states.height for run in runs] == [16] * 3 + [8] * 3


def test_the_mean_of_a_scorer_is_the_stat_of_its_name(imported: Path, inspect_log: Any) -> None:
    stats = read_runs(imported, "stats.json")
    for model, log in logs(inspect_log, "words").items():
        found = means(stats[f"inspect:task=words,model={model.replace('/', '_')}"])
        assert found == {
            score.name: (score.metrics.get("mean") or score.metrics["accuracy"]).value
            for score in log.results.scores
        }
        assert set(found) == {"exact", "includes"}


def test_the_mean_over_samples_is_the_mean_of_the_run(imported: Path) -> None:
    stats = read_runs(imported, "stats.json")
    for name, entries in read_runs(imported, "per_instance_stats.json").items():
        for scorer, mean in means(stats[name]).items():
            values = [means(entry["stats"])[scorer] for entry in entries]
            assert sum(values) / len(values) == pytest.approx(mean)


def test_epochs_are_trials(imported: Path) -> None:
    states = read_runs(imported, "scenario_state.json")["inspect:task=sums,model=mockllm_careful"]
    trials = [state["train_trial_index"] for state in states["request_states"]]
    assert sorted(trials) == [0] * 8 + [1] * 8


def test_a_sample_has_its_prompt_choices_gold_and_answer(imported: Path) -> None:
    states = read_runs(imported, "scenario_state.json")["inspect:task=sums,model=mockllm_careless"]
    state = states["request_states"][0]
    assert state["instance"]["id"] == "0"
    assert state["instance"]["input"]["text"] == "4 + 6 ="
    assert state["request"]["prompt"].endswith("4 + 6 =\n\nA) 0\nB) 11\nC) 10")
    assert [(each["output"]["text"], each["tags"]) for each in state["instance"]["references"]] == [
        ("0", []),
        ("11", []),
        ("10", ["correct"]),
    ]
    assert [each["text"] for each in state["result"]["completions"]] == ["ANSWER: A"]


def test_what_is_lost_stands_beside_each_run(imported: Path) -> None:
    for origin in read_runs(imported, "import.json").values():
        assert (origin["harness"], origin["version"]) == ("Inspect", "0.3.285")
        assert "perturbations and splits: the harness has none" in origin["lost"]


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    """Return a copy of one log, in a folder of its own."""
    folder = tmp_path / "logs"
    folder.mkdir()
    source = min((DATA / "inspect").glob("*_sums_*"))
    return Path(shutil.copy(source, folder / "log.eval"))


def write_changed(inspect_log: Any, path: Path, change: Callable[[Any], object]) -> None:
    log = inspect_log.read_eval_log(str(path))
    change(log)
    inspect_log.write_eval_log(log, str(path))


def give_score(log: Any, value: Any) -> None:
    next(iter(log.samples[0].scores.values())).value = value


def give_metric(log: Any, value: float) -> None:
    log.results.scores[0].metrics["accuracy"].value = value


SPOILS: dict[str, tuple[Callable[[Any], object], str]] = {
    "not finished": (lambda log: setattr(log, "status", "cancelled"), r"its status is 'cancelled'"),
    "without results": (lambda log: setattr(log, "results", None), r"it has no scores"),
    "a huge metric": (lambda log: give_metric(log, 1e200), r"choice is larger than 1e\+150"),
    "a NaN in a metric": (lambda log: give_metric(log, float("nan")), r"choice is nan, not a fini"),
    "a huge score": (lambda log: give_score(log, 1e200), r"sample 0: choice is larger than"),
    "too few samples": (
        lambda log: log.samples.pop(),
        r"it has 15 samples, and its results say 16",
    ),
    "a task that is no name": (lambda log: setattr(log.eval, "task", "a\nb"), r"which is no name"),
    "a model that is no name": (lambda log: setattr(log.eval, "model", " "), r"which is no name"),
}


@pytest.mark.parametrize(("spoil", "message"), SPOILS.values(), ids=SPOILS)
def test_a_log_that_is_not_as_inspect_leaves_it_is_refused_and_nothing_is_written(
    spoil: Callable[[Any], object], message: str, log_file: Path, tmp_path: Path, inspect_log: Any
) -> None:
    write_changed(inspect_log, log_file, spoil)
    with pytest.raises(SuiteError, match=message) as refused:
        import_results(log_file.parent, tmp_path / "out")
    assert str(log_file) in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_control_the_same_log_unspoiled_is_imported(
    log_file: Path, tmp_path: Path, inspect_log: Any
) -> None:
    write_changed(inspect_log, log_file, lambda log: None)
    (written,) = import_results(log_file.parent, tmp_path / "out")
    assert len(written.new) == 1


@pytest.mark.parametrize(
    "content", [b"", b"no zip", b"PK\x03\x04 cut"], ids=["empty", "no zip", "cut"]
)
def test_a_file_that_is_no_log_is_refused_by_its_name(
    content: bytes, log_file: Path, tmp_path: Path
) -> None:
    log_file.write_bytes(content)
    with pytest.raises(SuiteError, match=r"log\.eval: Inspect can't read it"):
        import_results(log_file, tmp_path / "out")


def test_a_log_that_is_cut_off_is_refused_by_its_name(log_file: Path, tmp_path: Path) -> None:
    log_file.write_bytes(log_file.read_bytes()[:-2000])
    with pytest.raises(SuiteError, match=r"log\.eval: Inspect can't read it"):
        import_results(log_file, tmp_path / "out")


def test_a_log_in_the_older_form_is_read_too(
    log_file: Path, tmp_path: Path, inspect_log: Any
) -> None:
    log = inspect_log.read_eval_log(str(log_file))
    older = tmp_path / "older"
    older.mkdir()
    inspect_log.write_eval_log(log, str(older / "log.json"), format="json")
    (one,) = import_results(log_file, tmp_path / "one")
    (two,) = import_results(older, tmp_path / "two")
    assert [run.scores for run in one.new] == [run.scores for run in two.new]
    assert [run.samples for run in one.new] == [run.samples for run in two.new]


def test_a_doubled_sample_is_refused(log_file: Path, tmp_path: Path, inspect_log: Any) -> None:
    log = inspect_log.read_eval_log(str(log_file))
    log.samples.append(log.samples[3])
    path = log_file.with_suffix(".json")
    inspect_log.write_eval_log(log, str(path), format="json")
    with pytest.raises(SuiteError, match=r"log\.json: sample '\d+', epoch \d, is there twice"):
        import_results(path, tmp_path / "out")


def test_a_score_of_several_values_gives_one_stat_for_each(
    log_file: Path, tmp_path: Path, inspect_log: Any
) -> None:
    write_changed(inspect_log, log_file, lambda log: give_score(log, {"a": 1, "b": "C", "c": "?"}))
    (written,) = import_results(log_file, tmp_path / "out")
    samples = written.new[0].samples
    assert samples is not None
    assert samples[0].scores == {"a": 1.0, "b": 1.0}
    assert "scores of samples that are no number: c" in written.new[0].origin.lost


def test_a_log_without_samples_is_a_run_with_stats_alone(
    log_file: Path, tmp_path: Path, inspect_log: Any
) -> None:
    def without_samples(log: Any) -> None:  # as --no-log-samples leaves it
        log.samples, log.eval.config.log_samples = [], False

    write_changed(inspect_log, log_file, without_samples)
    (written,) = import_results(log_file, tmp_path / "out")
    assert written.new[0].samples is None


def test_without_inspect_its_logs_are_not_read_and_the_extra_is_named(
    log_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    with pytest.raises(UsageError, match=r"pip install 'helm-predictor-runner\[inspect\]'"):
        import_results(log_file, tmp_path / "out")
