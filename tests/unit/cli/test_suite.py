"""``runner suite`` as a user calls it, on small HELM runs."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import ExitCode, RunnerError, SuiteError, UsageError
from tests.helm_builder import request_state, run_files, write_run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write runs of two scenarios by two models, and make their folder's parent the current one."""
    for scenario in ("law", "art"):
        for model in ("one", "two"):
            name = f"{scenario}:model={model}"
            prompts = [f"What of {scenario}, {number}?" for number in range(8)]
            states = [request_state(f"id{n}", prompt=each) for n, each in enumerate(prompts)]
            files = run_files(name, request_states=states)
            files["run_spec.json"]["scenario_spec"]["args"] = {"of": scenario}
            files["run_spec.json"]["adapter_spec"]["model"] = model
            write_run(tmp_path / "runs", name, files)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def suite(*arguments: object, fails: type[RunnerError] | None = None) -> Result:
    """Return what ``runner suite`` with these arguments prints."""
    result = CliRunner().invoke(cli, ["suite", *map(str, arguments)], standalone_mode=False)
    if fails is None:
        assert result.exception is None, result.exception
    else:
        assert isinstance(result.exception, fails), result
    return result


METHODS = (
    "its method should be one of explicit, extrapolate, holdout, k_fold, leave_one_out, sampled"
)
OPTIONS = ("--division", "leave_one_out", "--by", "model", "--instances", "2")


def build(runs: Path, *options: str, name: str = "quiz") -> dict[str, Any]:
    result = suite("build", "--name", name, "--helm-runs", runs, *OPTIONS, *options, "--json")
    facts: dict[str, Any] = json.loads(result.stdout)
    return facts


def test_options_alone_build_a_suite_below_the_current_directory(runs: Path) -> None:
    facts = build(runs)
    assert (facts["path"], facts["name"], facts["version"]) == ("suites/quiz", "quiz", "1")
    assert (facts["cases"], facts["runs"], facts["targets"]) == (2, 4, 4)
    assert facts["models"] == ["one", "two"]
    assert [case["revealed_instances"] for case in facts["by_case"]] == [4, 4]


def test_a_spec_of_three_fields_builds_a_suite(runs: Path) -> None:
    Path("quiz.yaml").write_text('name: quiz\nversion: "3"\nhelm_runs: [runs]\n')
    facts = json.loads(suite("build", "quiz.yaml", "-o", "frozen", "--json").stdout)
    assert (facts["path"], facts["version"], facts["cases"]) == ("frozen", "3", 1)
    assert facts["by_case"][0]["revealed_instances"] == 5


def test_a_glob_that_the_shell_has_replaced_is_told_as_one(runs: Path) -> None:
    first, *others = sorted(runs.iterdir())
    words = ["suite", "build", "--name", "quiz", "--helm-runs", *map(str, (first, *others))]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == ExitCode.USAGE
    assert "Quote a glob of --helm-runs" in result.output


def test_a_spec_and_options_together_are_refused(runs: Path) -> None:
    Path("quiz.yaml").write_text('name: quiz\nversion: "3"\nhelm_runs: [runs]\n')
    result = suite("build", "quiz.yaml", "--seed", "2", fails=UsageError)
    assert "seed belong in quiz.yaml" in str(result.exception)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name: [quiz]\n", "line 1: name: should be text, not ['quiz']"),
        ("name: a b\n", "name: String should match"),
        ("name: q\n", "version: this field is required"),
        ("name: q\nversion: 1.0\n", "line 2: version: should be text, not 1.0: put it in quotes"),
        ("seeds: 3\n", "line 1: seeds: no such field; did you mean seed?"),
        ("limits: {memory: 3}\n", "limits.memory: no such field; did you mean memory_bytes?"),
        (
            "division: {method: halves}\n",
            METHODS,
        ),
        (
            "division: {by: model}\n",
            METHODS,
        ),
        (
            "division: {method: k_fold, fold: 1}\n",
            "division.fold: no such field; did you mean folds",
        ),
        ("division: {method: k_fold, folds: 1}\n", "division.folds: "),
        (
            "revealed: {instances: some}\n",
            "revealed.instances: should be a valid integer, not",
        ),
        ("targets: [{split: test}]\n", "targets, item 1, stat: this field is required"),
        ("accept: [leaks]\n", "accept, item 1: "),
        ("name: q\nname: r\n", "the key 'name' stands twice"),
        ("- name\n", "line 1: should be a mapping with name, version"),
        ("name: {\n", "not YAML"),
    ],
)
def test_each_wrong_field_of_a_spec_is_named(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    result = suite("build", path, fails=SuiteError)
    assert found in str(result.exception)
    assert str(path) in str(result.exception)


def test_list_and_show_tell_what_a_suite_holds(runs: Path) -> None:
    assert "no suites" in suite("list", runs).stdout
    built = build(runs)
    build(runs, "--seed", "2", name="other")
    listed = suite("list").stdout.splitlines()
    assert [line.split(":")[0] for line in listed] == ["suites/other", "suites/quiz"]
    assert "2 cases, 4 runs, 4 targets" in listed[0]
    shown = suite("show", "suites/quiz").stdout
    assert built["digest"] in shown
    assert "scoring    MAE of shares (exact_match): the mean within each run" in shown
    assert "case-1     2 train runs, 2 eval runs (one), 2 targets, 4 of 16 instances" in shown


def write_copies(root: Path) -> None:
    """Write runs of three models, of which two give the same wrong answers."""
    wrong = {"one": "BCDB" * 2, "two": "BCDB" * 2, "three": "CDBC" * 2}
    for model, answers in wrong.items():
        completions = ["A"] * 11 + list(answers)
        states = [request_state(f"id{n:02}", text) for n, text in enumerate(completions)]
        files = run_files(f"quiz:model={model}", request_states=states)
        files["run_spec.json"]["scenario_spec"]["args"] = {}
        files["run_spec.json"]["adapter_spec"]["model"] = model
        write_run(root, f"quiz:model={model}", files)


def test_show_says_why_runs_are_twins_to_whoever_has_the_private_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells how much of the answers is wrong, so that the public half does not say it."""
    monkeypatch.chdir(tmp_path)
    write_copies(tmp_path / "runs")
    options = ("--division", "leave_one_out", "--by", "model", "--instances", "2")
    suite("build", "--name", "quiz", "--helm-runs", tmp_path / "runs", *options)
    reason = "one and two answer 100% of 19 common requests alike, and 8 of the 8"
    assert reason in suite("show", "suites/quiz").stdout
    (twins,) = json.loads(suite("show", "suites/quiz", "--json").stdout)["twins"]
    assert twins.startswith(reason)
    Path("suites/quiz/private").rename("elsewhere")
    assert json.loads(suite("show", "suites/quiz", "--json").stdout)["twins"] == []
    assert "answer alike" not in suite("show", "suites/quiz").stdout
    public = Path("suites/quiz/public/suite.json").read_text()
    assert "twins" in public
    assert reason not in public


def test_verify_tells_the_digest_or_the_file_that_was_changed(runs: Path) -> None:
    built = build(runs)
    assert built["digest"] in suite("verify", "suites/quiz", "--digest", built["digest"]).stdout
    suite("verify", "suites/quiz", "--digest", "sha256:0", fails=SuiteError)
    path = Path("suites/quiz/private/actuals.jsonl")
    path.write_text(path.read_text().replace("0.5", "0.6"))
    result = suite("verify", "suites/quiz", fails=SuiteError)
    assert "private/actuals.jsonl: changed" in str(result.exception)


def test_audit_prints_what_it_found_and_ends_with_3_if_that_is_not_accepted(runs: Path) -> None:
    build(runs)
    result = suite("audit", "suites/quiz")
    assert result.return_value == 0
    assert "case-1: 25% of the actuals is determined" in result.stdout
    assert "0 leaks, 0 accepted" in result.stdout
    document = json.loads(suite("audit", "suites/quiz", "--json").stdout)
    assert document["leaks"] == []


def test_a_suite_of_folds_is_not_published_and_another_is_with_its_public_half_alone(
    runs: Path,
) -> None:
    build(runs)
    result = suite("publish", "suites/quiz", fails=SuiteError)
    assert "accept: [shared]" in str(result.exception)
    cases = [{"train": ["law:*"], "eval": ["art:model=one"]}]
    spec = {
        "name": "open",
        "version": "2",
        "helm_runs": ["runs"],
        "division": {"method": "explicit", "cases": cases},
        "revealed": {"instances": 2},
    }
    Path("open.yaml").write_text(json.dumps(spec))
    suite("build", "open.yaml")
    assert "open-2.tar.gz" in suite("publish", "suites/open").stdout
    with tarfile.open("open-2.tar.gz") as archive:
        archive.extractall("got", filter="data")
        assert all(member.mtime == 0 and member.uid == 0 for member in archive.getmembers())
    names = [path.name for path in Path("got").rglob("*") if path.is_file()]
    assert "suite.json" in names
    assert "actuals.json" not in names
    assert "the public half" in suite("verify", "got/open-2").stdout
    first = Path("open-2.tar.gz").read_bytes()
    suite("publish", "suites/open", "-o", "again.tar.gz")
    assert Path("again.tar.gz").read_bytes() == first
