"""Suites built from small HELM runs: what a case holds, what is refused, what is frozen."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from runner.building.build import build_suite
from runner.contract import MetricName, Target
from runner.errors import RunnerError, SuiteError, UsageError
from runner.helm_outputs.common_types import plain_cells
from runner.suites.eval_run import part_number
from runner.suites.manifest import part_name
from runner.suites.opening import open_suite
from runner.suites.spec_file import make_spec
from runner.suites.staged_files import STAGED_FILES
from runner.suites.staging import write_inputs
from runner.suites.suite import Suite
from runner.suites.suite_frames import read_targets
from tests.helm_builder import Json, files_of_2022, run_files, stat, write_run, write_suite
from tests.suite_builder import (
    WARN_ONLY,
    Said,
    build,
    build_unaudited,
    shared_suite,
    stage,
    staged_frame,
)

ROOT = Path(__file__).parents[3]

TYPOS = {"name": "typos", "robustness": True, "fairness": False, "computed_on": "worst"}


def suite_with_stats(root: Path, stats: list[Json], **fields: Any) -> Suite:
    for number in range(4):
        name = f"a:x={number}"
        write_run(root / "runs", name, run_files(name, stats=stats))
    return build(root / "runs", root / "suite", **fields)


def test_a_case_has_the_train_runs_whole_and_one_eval_run() -> None:
    suite = shared_suite()
    (case,) = suite.cases
    train = {run.name for run in case.train_runs}
    assert len(train) == 3
    assert train.isdisjoint(run.name for run in case.eval_runs)
    assert staged_frame(suite, "train/stats.parquet").height == 6
    assert set(staged_frame(suite, "train/run_specs.parquet")["run_spec.name"]) == train
    assert staged_frame(suite, "eval/scenario_states.parquet").height == 2


def test_every_split_and_perturbation_of_a_stat_is_a_target(tmp_path: Path) -> None:
    stats = [
        stat("exact_match", 0.5),
        stat("exact_match", 0.25, split="valid"),
        stat("exact_match", 0.125, perturbation={**TYPOS, "prob": 0.5}),
        stat("num_references", 2.0, perturbation={"name": "other", "seed": 3}),
    ]
    suite = suite_with_stats(tmp_path, stats)
    run = suite.cases[0].eval_runs[0].name
    actuals = suite.actuals(suite.cases[0]).stats
    assert {target: actual.mean for target, actual in actuals.items()} == {
        Target(run, MetricName("exact_match", "test")): 0.5,
        Target(run, MetricName("exact_match", "valid")): 0.25,
        Target(run, MetricName("exact_match", "test", None, {**TYPOS, "prob": 0.5})): 0.125,
    }
    targets = staged_frame(suite, "eval/targets.parquet")
    assert "stats.name.perturbation.prob" in targets.columns
    assert "stats.name.perturbation.seed" not in targets.columns


def test_the_staged_keys_are_those_of_the_actuals(tmp_path: Path) -> None:
    person = {"name": "person", "source_class": {"race": "white"}, "prob": 1}
    stats = [stat("exact_match", 0.5, perturbation=person), stat("exact_match", 0.25)]
    suite = suite_with_stats(tmp_path, stats)
    rows = staged_frame(suite, "eval/targets.parquet").iter_rows(named=True)
    assert [Target.from_row(row) for row in rows] == list(suite.actuals(suite.cases[0]).stats)
    assert read_targets(suite, suite.cases[0]) == suite.actuals(suite.cases[0]).targets


@pytest.mark.parametrize(
    ("target", "means"),
    [
        ("exact_match", {0.5, 0.25, 0.125}),
        ({"stat": "exact_match", "split": "test"}, {0.5, 0.125}),
        ({"stat": "exact_match", "split": "test", "perturbation": None}, {0.5}),
        ({"stat": "exact_match", "perturbation": "typos"}, {0.125}),
        ({"stat": "exact_match", "sub_split": None}, {0.5, 0.25, 0.125}),
    ],
)
def test_targets_are_chosen_by_name_split_and_perturbation(
    tmp_path: Path, target: Any, means: set[float]
) -> None:
    stats = [
        stat("exact_match", 0.5),
        stat("exact_match", 0.25, split="valid"),
        stat("exact_match", 0.125, perturbation=TYPOS),
        stat("f1", 0.75),
    ]
    suite = suite_with_stats(tmp_path, stats, targets=[target])
    found = suite.actuals(suite.cases[0]).stats.values()
    assert {actual.mean for actual in found} == means


def test_targets_have_keys_only(tmp_path: Path) -> None:
    suite = suite_with_stats(tmp_path, [stat("exact_match", 0.5)])
    allowed = ("run_spec.name", "stats.name.")
    columns = staged_frame(suite, "eval/targets.parquet").columns
    assert all(column.startswith(allowed) for column in columns)


def test_a_stat_that_was_never_computed_is_no_target(tmp_path: Path) -> None:
    empty = {"name": {"name": "exact_match", "split": "valid"}, "count": 0, "sum": 0}
    suite = suite_with_stats(tmp_path, [stat("exact_match", 0.5), empty])
    assert [target.name.split for target in suite.actuals(suite.cases[0]).stats] == ["test"]


def test_a_stat_that_no_eval_run_has_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"f1 is asked for, .* It has: exact_match"):
        suite_with_stats(tmp_path, [stat("exact_match", 0.5)], targets=["f1"])


def test_a_stat_without_any_mean_is_refused(tmp_path: Path) -> None:
    stats = [{"name": {"name": "exact_match"}, "count": 0}, stat("other", 1.0)]
    with pytest.raises(SuiteError, match=r"stats\.json: exact_match is asked for, .* with a mean"):
        suite_with_stats(tmp_path, stats)


@pytest.mark.parametrize("mean", [float("nan"), float("inf")])
def test_a_mean_that_is_no_number_is_refused_with_its_file_beside_instance_targets(
    tmp_path: Path, mean: float
) -> None:
    files = r"mae is of targets, and the suite has none\. .*stats\.json: exact_match is asked for"
    with pytest.raises(SuiteError, match=files):
        suite_with_stats(tmp_path, [stat("exact_match", mean)], instance_targets=["exact_match"])


def test_a_stat_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"has exact_match split=test twice"):
        suite_with_stats(tmp_path, [stat("exact_match", 0.5), stat("exact_match", 0.25)])


@pytest.mark.parametrize("mean", ["high", [1], 1e300])
def test_a_mean_that_cannot_be_scored_is_refused(tmp_path: Path, mean: Any) -> None:
    with pytest.raises(SuiteError, match=r"mean that is no number|stats\.mean should be a number"):
        suite_with_stats(tmp_path, [{**stat("exact_match", 0.5), "mean": mean}])


def test_a_name_of_another_form_is_refused(tmp_path: Path) -> None:
    odd = {"name": "typos", "robustness": "yes", "fairness": [1]}
    with pytest.raises(SuiteError, match="not what HELM writes"):
        suite_with_stats(tmp_path, [stat("exact_match", 0.5, perturbation=odd)])


STATE = "scenario_state.request_states."


def test_the_digest_follows_the_data_and_the_choices_and_comes_back_with_them(
    tmp_path: Path,
) -> None:
    source, place = write_suite(tmp_path), tmp_path / "suite"
    suite = build_unaudited(source, place)
    other_seed = build_unaudited(source, place, seed=2)
    other_target = build_unaudited(source, place, targets=["num_references"])
    name = suite.cases[0].eval_runs[0].name
    path = source / name.replace("/", "_") / "stats.json"
    content = path.read_text()
    path.write_text(content + " ")
    other_bytes = build_unaudited(source, place)
    suites = (suite, other_seed, other_target, other_bytes)
    assert len({each.digest for each in suites}) == 4
    path.write_text(content)
    assert build_unaudited(source, place).digest == suite.digest


def test_the_same_files_make_the_same_suite_anywhere_but_for_the_salt(tmp_path: Path) -> None:
    one = build_unaudited(write_suite(tmp_path / "a"), tmp_path / "1")
    other = build_unaudited(write_suite(tmp_path / "b"), tmp_path / "2")
    assert other.digest != one.digest
    assert other.manifest == one.manifest.model_copy(
        update={"private_sha256": other.manifest.private_sha256}
    )
    assert other.private_manifest == one.private_manifest.model_copy(
        update={"salt": other.private_manifest.salt}
    )
    assert len(one.private_manifest.salt) == 64


def test_a_file_of_a_run_that_is_one_of_another_source_is_refused(tmp_path: Path) -> None:
    own, given = (write_suite(tmp_path / name) for name in ("own", "given"))
    for run in given.iterdir():
        text = (run / "run_spec.json").read_text().replace("demo:", "given:")
        (run / "run_spec.json").write_text(text)
    fields = {"name": "v1", "version": "1", "helm_runs": [str(own), str(given)], **WARN_ONLY}
    build_suite(make_spec(fields, "the test"), tmp_path / "suite")  # the control
    linked = min(given.iterdir()) / "stats.json"
    linked.unlink()
    linked.symlink_to(min(own.iterdir()) / "stats.json")
    with pytest.raises(SuiteError, match=f"{linked}: the same file as {own}.*, by a link"):
        build_suite(make_spec(fields, "the test"), tmp_path / "suite")


def published_digests(suite: Suite) -> dict[str, str]:
    """Return the digests in the public half that depend on what is withheld."""
    return {"suite": suite.digest, "private": suite.manifest.private_sha256}


@pytest.mark.parametrize("is_kept", [True, False])
def test_who_guesses_the_actuals_right_does_not_see_it_by_the_digests(
    tmp_path: Path, is_kept: bool
) -> None:
    """And the control: without a salt a guess can be tried, as only the actuals are unknown."""
    source = write_suite(tmp_path)
    given = {"name": "v1", "version": "1", "helm_runs": [str(source)], **WARN_ONLY}
    spec = make_spec(given, "the test")
    published, guessed = (
        published_digests(build_suite(spec, tmp_path / name, is_kept=is_kept).suite)
        for name in ("organizer", "cheater")
    )
    found = {name for name, digest in published.items() if guessed[name] == digest}
    assert found == (set() if is_kept else {"suite", "private"})


def test_the_salt_is_in_the_private_half_alone() -> None:
    suite = shared_suite()
    salt = suite.private_manifest.salt.encode()
    holders = [path for path in suite.root.rglob("*") if path.is_file()]
    assert [path for path in holders if salt in path.read_bytes()] == [
        suite.root / "private" / "suite.json"
    ]


def test_building_again_leaves_a_suite_that_is_up_to_date(tmp_path: Path) -> None:
    source, place = write_suite(tmp_path), tmp_path / "suite"
    said = Said()
    fields = {"name": "v1", "version": "1", "helm_runs": [str(source)], "accept": ["derivable"]}
    spec = make_spec({**fields, "keep_together": []}, "the test")
    built = build_suite(spec, place, said).suite
    before = (place / "public" / "suite.json").stat().st_mtime_ns
    assert build_suite(spec, place, said).suite == built
    assert "nothing has changed" in said.lines[-1]
    assert (place / "public" / "suite.json").stat().st_mtime_ns == before
    (source / "demo:subject=0,model=demo_model" / "stats.json").write_text(
        json.dumps([stat("exact_match", 0.75)])
    )
    assert build_suite(spec, place, said).suite.digest != built.digest


def test_a_directory_that_is_no_suite_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "mine.txt").write_text("kept")
    with pytest.raises(UsageError, match="exists and is no suite"):
        build(write_suite(tmp_path), tmp_path / "suite")
    assert (tmp_path / "suite" / "mine.txt").read_text() == "kept"


def test_a_build_that_fails_leaves_nothing_and_the_earlier_suite(tmp_path: Path) -> None:
    source, place = write_suite(tmp_path), tmp_path / "suites" / "one"
    built = build_unaudited(source, place)
    (source / "demo:subject=0,model=demo_model" / "stats.json").write_text("[")
    with pytest.raises(SuiteError, match=r"stats\.json"):
        build_unaudited(source, place, seed=2)
    assert [path.name for path in place.parent.iterdir()] == ["one"]
    assert open_suite(place).digest == built.digest


KILLED_BUILD = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from runner.building import build as building
from runner.files import whole_writes
from tests.suite_builder import build_unaudited

def kill(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

source, place, moment = sys.argv[1:]
if moment == "before":
    building.put_in_place = kill
else:
    whole_writes.shutil = SimpleNamespace(rmtree=kill)
build_unaudited(Path(source), Path(place))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_build_that_is_killed_leaves_the_earlier_suite_or_the_new_one(
    tmp_path: Path, moment: str
) -> None:
    source, place = write_suite(tmp_path), tmp_path / "suite"
    earlier = build_unaudited(source, place)
    change_actuals(source)
    command = [sys.executable, "-c", KILLED_BUILD, str(source), str(place), moment]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert (open_suite(place).digest == earlier.digest) == (moment == "before")
    assert len(list(tmp_path.glob(".suite.*"))) == 1  # with actuals in it
    change_actuals(source)
    again = build_unaudited(source, place)
    assert list(tmp_path.glob(".suite.*")) == []
    assert again.actuals(again.cases[0]) != earlier.actuals(earlier.cases[0])


def change_actuals(source: Path) -> None:
    """Give every run of ``write_suite`` another mean."""
    for path in source.rglob("stats.json"):
        stats = json.loads(path.read_bytes())
        path.write_text(json.dumps([{**each, "mean": each["mean"] + 0.05} for each in stats]))


def parts_of_inputs(suite: Suite) -> list[bytes]:
    parts = suite.inputs(suite.cases[0]).parts
    return [part.read() for each in parts.values() for part in each]


def test_a_suite_that_is_open_stays_what_it_was_when_another_takes_its_place(
    tmp_path: Path,
) -> None:
    source, place = write_suite(tmp_path), tmp_path / "suite"
    build_unaudited(source, place)
    opened = open_suite(place)
    actuals, inputs = opened.actuals(opened.cases[0]), parts_of_inputs(opened)
    change_actuals(source)
    build_unaudited(source, place)
    assert opened.actuals(opened.cases[0]) == actuals
    assert parts_of_inputs(opened) == inputs
    new = open_suite(place)  # the control
    assert new.actuals(new.cases[0]) != actuals
    assert parts_of_inputs(new) != inputs


def test_two_builds_of_a_directory_at_once_end_with_one_whole_suite(tmp_path: Path) -> None:
    sources = [write_suite(tmp_path / name) for name in ("a", "b")]
    change_actuals(sources[1])
    place = tmp_path / "suites" / "one"
    for _ in range(3):
        with ThreadPoolExecutor(2) as pool:
            built = list(pool.map(lambda source: build(source, place), sources))
        assert open_suite(place).digest in {each.digest for each in built}
        assert [path.name for path in place.parent.iterdir()] == ["one"]


def test_a_link_to_a_suite_leads_to_the_one_that_is_built_again(tmp_path: Path) -> None:
    source, place = write_suite(tmp_path), tmp_path / "suite"
    earlier = build_unaudited(source, place)
    (tmp_path / "link").symlink_to(place)
    built = build_unaudited(source, tmp_path / "link", seed=2)
    assert (tmp_path / "link").is_symlink()
    assert open_suite(place).digest == built.digest != earlier.digest


def test_a_suite_has_as_many_files_whatever_the_number_of_its_runs(tmp_path: Path) -> None:
    counts = set()
    for runs in (4, 12):
        source = write_suite(tmp_path / f"{runs}", runs=runs)
        suite = build_unaudited(
            source, tmp_path / f"suite-{runs}", instance_targets=["exact_match"]
        )
        counts.add(len([path for path in suite.root.rglob("*") if path.is_file()]))
    assert counts == {16}


def test_assets_are_staged_as_they_are_and_frozen(tmp_path: Path) -> None:
    weights = tmp_path / "weights" / "deep" / "model.bin"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"\x00weights")
    source = write_suite(tmp_path)
    suite = build(source, tmp_path / "suite", assets=str(tmp_path / "weights"))
    inputs = suite.inputs(suite.cases[0])
    write_inputs(inputs, stage(suite), tmp_path / "input")
    assert (tmp_path / "input/assets/deep/model.bin").read_bytes() == b"\x00weights"
    manifest = json.loads(stage(suite).files["manifest.json"])
    assert manifest["files"]["assets/deep/model.bin"]["bytes"] == len(b"\x00weights")
    assert build(source, tmp_path / "none").shared_files is None


def test_train_runs_of_the_eval_runs_sweep_are_left_out_of_a_draw(tmp_path: Path) -> None:
    for number in range(6):
        name = f"a:x={number}"
        files = run_files(name)
        files["run_spec.json"]["scenario_spec"]["args"] = {"of": "even" if number % 2 else "odd"}
        write_run(tmp_path / "runs", name, files)
    fields = {"division": {"method": "sampled", "train_runs": 5}}
    mixed = build(tmp_path / "runs", tmp_path / "mixed", **fields)
    kept = build(tmp_path / "runs", tmp_path / "kept", keep_together=["sweeps"], **fields)
    (case,) = kept.cases
    assert len(mixed.cases[0].train_runs) == 5
    assert len(case.train_runs) == 3
    assert {run.scenario for run in case.train_runs}.isdisjoint(
        run.scenario for run in case.eval_runs
    )
    assert [group.kind for group in kept.manifest.groups] == ["sweeps", "sweeps"]


def test_outputs_of_2022_and_of_today_stand_in_one_suite(tmp_path: Path) -> None:
    for number in range(4):
        name = f"a:x={number}"
        files = files_of_2022(name) if number % 2 else run_files(name)
        write_run(tmp_path / "runs", name, files)
    division = {"method": "leave_one_out", "by": "run"}
    suite = build(tmp_path / "runs", tmp_path / "suite", division=division)
    assert len(suite.cases) == 4
    states = staged_frame(suite, "train/scenario_states.parquet")
    assert {f"{STATE}instance.input", f"{STATE}instance.input.text"} < set(states.columns)
    references = plain_cells(states[f"{STATE}instance.references"])
    outputs = [each["output"] for both in references for each in both]
    assert {"yes", "no"} == {each for each in outputs if isinstance(each, str)}
    assert {"yes", "no"} == {each["text"] for each in outputs if isinstance(each, dict)}


def test_partial_runs_are_refused_or_used_as_the_spec_says(tmp_path: Path) -> None:
    source = write_suite(tmp_path, runs=3)
    (source / "demo:subject=1,model=demo_model" / "per_instance_stats.json").unlink()
    with pytest.raises(SuiteError, match=r"per_instance_stats\.json"):
        build(source, tmp_path / "suite")
    division = {"method": "leave_one_out", "by": "run"}
    suite = build(source, tmp_path / "suite", partial_runs="use", division=division)
    assert len(suite.cases) == 3
    said = Said()
    fields = {**WARN_ONLY, "division": division, "partial_runs": "use", "seed": 2}
    given = {"name": "v1", "version": "1", "helm_runs": [str(source)], **fields}
    build_suite(make_spec(given, "the test"), tmp_path / "other", said)
    assert any("per_instance_stats.json" in line for line in said.lines)


def test_the_private_half_alone_has_what_only_scores_need() -> None:
    """A run that only evaluates has no train frames, which would be its actuals."""
    suite = shared_suite()
    (case,) = suite.cases
    (evaluated,) = case.eval_runs
    train = {run.number for run in case.train_runs}
    for name, parts in suite.manifest.parts.items():
        (file,) = (each for each in STAGED_FILES.values() if part_name(each.path) == name)
        is_eval = file.side == "eval"
        assert set(parts) == ({part_number(evaluated, file)} if is_eval else train)


def test_a_nan_in_a_stat_that_is_no_target_leaves_the_suite_as_it_is(tmp_path: Path) -> None:
    for number in range(4):
        name = f"a:x={number}"
        stats = [stat("exact_match", 0.5), stat("other", float("nan"))]
        write_run(tmp_path / "runs", name, run_files(name, stats=stats))
    assert build(tmp_path / "runs", tmp_path / "suite").manifest.cases


@pytest.mark.parametrize("mean", [float("nan"), float("-inf"), None])
def test_a_target_without_a_mean_beside_others_leaves_the_suite_without_it(
    tmp_path: Path, mean: float | None
) -> None:
    for number in range(4):
        name = f"a:x={number}"
        stats = [stat("exact_match", 0.5), stat("quasi_exact_match", 0.25) | {"mean": mean}]
        write_run(tmp_path / "runs", name, run_files(name, stats=stats))
    targets = ["exact_match", "quasi_exact_match"]
    suite = build(tmp_path / "runs", tmp_path / "suite", targets=targets)
    found = {each.name.name for case in suite.cases for each in suite.actuals(case).stats}
    assert found == {"exact_match"}


def test_assets_may_have_long_names_and_names_of_other_scripts(tmp_path: Path) -> None:
    assets = tmp_path / "assets" / ("d" * 60) / ("e" * 60)
    assets.mkdir(parents=True)
    (assets / "caf\u00e9.txt").write_text("x")
    suite = build(write_suite(tmp_path), tmp_path / "suite", assets=str(tmp_path / "assets"))
    assert any("caf\u00e9.txt" in name for name in suite.inputs(suite.cases[0]).assets)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where the fields of a document are; of a list those of its first item."""
    if isinstance(value, dict):
        for name, field in value.items():
            yield (*above, name)
            yield from places(field, (*above, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*above, 0))


FILES = ("scenario_state.json", "per_instance_stats.json", "stats.json")
FIELDS = [(file, place) for file in FILES for place in places(run_files("run")[file])]
ONE_IN = 4
"""So many fields `make test` leaves out one, and `make check-long` the others, each in turn."""


@pytest.mark.parametrize(
    ("file", "place"),
    [
        pytest.param(*field, marks=[pytest.mark.long] if number % ONE_IN else [])
        for number, field in enumerate(FIELDS)
    ],
    ids=repr,
)
def test_runs_without_a_field_are_read_or_refused(
    tmp_path: Path, file: str, place: tuple[Any, ...]
) -> None:
    for number in range(2):
        name = f"{number}:model=demo/model"
        files = run_files(name)
        document: Any = files[file]
        for step in place[:-1]:
            document = document[step]
        del document[place[-1]]
        write_run(tmp_path / "runs", name, files)
    cases = [{"train": ["0*"], "eval": ["1*"]}]
    revealed = {"instances": 1, "gold": False}
    with suppress(RunnerError):  # anything else is a bug of the runner
        build(
            tmp_path / "runs",
            tmp_path / "suite",
            division={"method": "explicit", "cases": cases},
            revealed=revealed,
        )
