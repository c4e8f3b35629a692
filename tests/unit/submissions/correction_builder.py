"""Versions of a competition's suite, and a ledger with submissions on the first."""

from dataclasses import dataclass, replace
from pathlib import Path

from runner.evaluation.records import suite_record
from runner.files.signatures import read_signing_key
from runner.reports.report import Evaluation
from runner.reports.report_directory import write_evaluation
from runner.submissions.entries import Began, CountedSubmission
from runner.submissions.ledger import Ledger
from runner.submissions.public_score import score_public
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import run_files, stat, write_run
from tests.suite_builder import build_unaudited
from tests.unit.submissions.builder import Clock

RUNS = 10
DIVISION = {"method": "holdout", "by": "run", "share": 0.8, "cases": 2}
RULES = Rules(evaluations=2, publish="exact", public_share=0.4, seed="s")
ERRORS = {"1": 0.2, "2": 0.02, "3": 0.1}
"""Of the images that are submitted, in this order; the last by another team."""


def write_runs(root: Path, changed: dict[int, float], completion: str = "A") -> Path:
    for number in range(RUNS):
        name = f"demo{number}:model=m"
        mean = changed.get(number, 0.3 + number / 50)
        files = run_files(name, stats=[stat("exact_match", mean)])
        files["run_spec.json"]["scenario_spec"] = {"class_name": f"a.S{number}", "args": {}}
        for state in files["scenario_state.json"]["request_states"]:
            state["result"]["completions"][0]["text"] = completion
        write_run(root / "runs", name, files)
    return root / "runs"


@dataclass(frozen=True)
class Versions:
    """A suite and versions with another actual: of a public run, of a private one."""

    first: Suite
    public: Suite
    private: Suite
    other_inputs: Suite


def build_versions(root: Path) -> Versions:
    """Return the versions, each built from HELM runs of its own."""

    def make(name: str, changed: dict[int, float], completion: str = "A") -> Suite:
        runs = write_runs(root / name, changed, completion)
        version = "1" if name == "first" else "2"
        return build_unaudited(runs, root / name / "suite", version=version, division=DIVISION)

    first = make("first", {})
    made = evaluation(first, "1")
    public = {int(run[4]) for run in public_runs(made.report, RULES)}
    private = {int(run[4]) for run in made.report.eval_run_specs} - public
    return Versions(
        first,
        make("public", {min(public): 0.9}),
        make("private", {min(private): 0.9}),
        make("inputs", {min(public): 0.9}, completion="B"),
    )


def team(image: str) -> str:
    return "team-b" if image == "3" else "team-a"


def evaluation(suite: Suite, image: str, error: float | None = None) -> Evaluation:
    made = evaluate_function(suite, off_by(ERRORS[image] if error is None else error), image)
    said = {"suite": suite_record(suite), "submitter": team(image)}
    return replace(made, report=made.report.model_copy(update=said))


def counted(suite: Suite, image: str) -> CountedSubmission:
    return CountedSubmission(submitter=team(image), image=f"sha256:{image}", suite=suite.digest)


def submit(ledger: Ledger, results: Path, suite: Suite, made: Evaluation) -> None:
    """Settle an evaluation as ``runner ledger evaluate`` does, and write its report."""
    image = made.report.image.reference
    write_evaluation(made, results / image, ledger.signing_key)
    began = ledger.admit(counted(suite, image), image)
    assert isinstance(began, Began)
    rules, _ = ledger.read()
    scores = score_public(made.report, public_runs(made.report, rules))
    assert scores is not None
    ledger.settle(began, *scores, made.report.scoring.largest_loss)


def competition(place: Path, suite: Suite, rules: Rules = RULES, key: Path | None = None) -> Ledger:
    """Return a ledger with all submissions; the reports are beside it."""
    place.mkdir(exist_ok=True)
    signing_key = None if key is None else read_signing_key(key)
    ledger = Ledger(place / "ledger", Clock(), signing_key)
    ledger.create(rules)
    for image in ERRORS:
        submit(ledger, place / "results", suite, evaluation(suite, image))
    return ledger
