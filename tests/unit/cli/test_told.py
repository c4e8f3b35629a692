"""Boards of a competition: while it is open, nothing shows an exact score."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import runner
from runner.cli.ci import read_checks
from runner.cli.evaluation_options import CiOptions
from runner.cli.live.display import LineDisplay
from runner.cli.main import cli
from runner.contract.stat import InstanceTarget, Stat, Target
from runner.errors import UsageError
from runner.reports.report_directory import write_evaluation
from runner.submissions.entries import Began, CountedSubmission
from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from runner.submissions.split import public_runs
from runner.submissions.told import mark_reports
from runner.suites.suite import Suite
from tests.evaluation_builder import evaluate_function, off_by
from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared_suite
from tests.unit.submissions.builder import BASELINE, score

EXACT = "0.1234"
DIVISION = {"method": "holdout", "by": "run", "share": 0.8}


@dataclass(frozen=True)
class Open:
    """A competition's ledger, and the directory of its reports."""

    ledger: Ledger
    results: Path


@pytest.fixture(scope="module")
def suite() -> Suite:
    return shared_suite(runs=8, division=DIVISION)


@pytest.fixture
def competition(suite: Suite, tmp_path: Path) -> Open:
    """Return one with a report that is off by 0.1234, of which 0.2 has been told."""
    evaluation = evaluate_function(suite, off_by(float(EXACT)), "image")
    report = evaluation.report.model_copy(update={"submitter": "team-a"})
    results = tmp_path / "results"
    write_evaluation(replace(evaluation, report=report), results / "image")
    ledger = Ledger(tmp_path / "ledger")
    ledger.create(Rules(step=0.1, seed="s"))
    asked = CountedSubmission(submitter="team-a", image="sha256:image", suite=suite.digest)
    began = ledger.admit(asked, "image")
    assert isinstance(began, Began)
    ledger.settle(began, score(float(EXACT)), BASELINE, 1.0)
    mark_reports(results, ledger.path)
    return Open(ledger, results)


def run(*arguments: object) -> Result:
    command = list(map(str, arguments))
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def by_ledger(competition: Open, *options: object) -> Result:
    given = ("--ledger", competition.ledger.path, *options)
    return run("leaderboard", competition.results, *given)


def test_every_style_of_board_has_what_was_told(competition: Open, tmp_path: Path) -> None:
    shown = {style: by_ledger(competition, *style).stdout for style in ((), ("--markdown",))}
    assert shown[()].splitlines()[-1].split() == ["1", "team-a", "0.2"]
    assert shown[("--markdown",)].splitlines()[-1] == "| 1 | `team-a` | 0.2 |"
    (row,) = csv.DictReader(io.StringIO(by_ledger(competition, "--csv").stdout))
    assert row == {"rank": "1", "submitter": "team-a", "MAE": "0.2"}
    document = json.loads(by_ledger(competition, "--json").stdout)
    assert document["is_open"]
    assert document["entries"] == [{"rank": 1, "submitter": "team-a", "value": 0.2}]
    site = tmp_path / "site"
    by_ledger(competition, "--html", "--out", site)
    page = (site / "index.html").read_text()
    assert "<bdi>team-a</bdi>" in page
    assert '<td class="number">0.2</td>' in page
    assert [path.name for path in site.iterdir()] == ["index.html"]
    assert EXACT not in page + str(shown) + json.dumps(document)


def ways_to_see_more(competition: Open, suite: Suite) -> dict[str, Callable[[], object]]:
    options = CiOptions(
        gates=(),
        leaderboard=competition.results,
        summary_file=None,
        junit_file=None,
        is_closed=True,
    )
    two = [competition.results / name for name in ("image", "other")]
    write_evaluation(evaluate_function(suite, off_by(0.3), "other"), two[1])
    return {
        "a board": lambda: run("leaderboard", competition.results),
        "pages": lambda: run("leaderboard", competition.results, "--html"),
        "actuals": lambda: by_ledger(competition, "--html", "--with-actuals"),
        "a report": lambda: run("report", competition.results / "image"),
        "its page": lambda: run("report", competition.results / "image", "--html"),
        "scores of a correction": lambda: run(
            "rescore", competition.results, "--suite", suite.root
        ),
        "a comparison": lambda: run("compare", *two),
        "its page too": lambda: run("compare", *two, "--html"),
        "a rank": lambda: read_checks(options, LineDisplay()),
        "a comparison of objects": lambda: runner.compare_reports(two),
        "a ranking": lambda: runner.rank_reports(competition.results),
        "a ranking of objects": lambda: runner.rank_reports(
            [runner.read_report(competition.results / "image")]
        ),
    }


WAYS = (
    "a board",
    "pages",
    "actuals",
    "a report",
    "its page",
    "scores of a correction",
    "a comparison",
    "its page too",
    "a comparison of objects",
    "a rank",
    "a ranking",
    "a ranking of objects",
)
COMPARING = (
    "a board",
    "pages",
    "a comparison",
    "its page too",
    "a comparison of objects",
    "a rank",
    "a ranking",
    "a ranking of objects",
)


@pytest.mark.parametrize("way", WAYS)
def test_what_would_show_an_exact_score_is_refused_while_it_is_open(
    competition: Open, suite: Suite, way: str
) -> None:
    see = ways_to_see_more(competition, suite)[way]
    with pytest.raises(UsageError, match="open"):
        see()
    competition.ledger.close("ann", "the end")
    if way in COMPARING:
        with pytest.raises(UsageError, match="--ledger"):
            see()
        (competition.results / "ledger.txt").unlink()
    see()  # the control: nothing else was wrong


def test_at_its_end_who_is_disqualified_is_ranked_by_nothing(competition: Open) -> None:
    """The control: before, the same command ranks it."""
    competition.ledger.close("ann", "the end")
    assert "team-a" in by_ledger(competition).stdout
    competition.ledger.disqualify("team-a", "ann", "two accounts")
    with pytest.raises(UsageError, match="disqualified"):
        by_ledger(competition)
    with pytest.raises(UsageError, match="disqualified") as refused:
        run("leaderboard", competition.results)
    assert refused.value.exit_code == 2


def test_at_its_end_the_best_on_the_public_split_counts_not_the_luckiest_on_the_private_one(
    competition: Open, suite: Suite, tmp_path: Path
) -> None:
    """By the private score each further image was a ticket: 500 random changes gained 0.003."""
    rules, _ = competition.ledger.read()
    public = public_runs(runner.read_report(competition.results / "image").report, rules)

    def lucky(target: Target | InstanceTarget, actual: Stat) -> Stat | None:
        return off_by(0.4 if target.run_spec_name in public else 0.05)(target, actual)

    made = evaluate_function(suite, lucky, "lucky")
    report = made.report.model_copy(update={"submitter": "team-a"})
    write_evaluation(replace(made, report=report), competition.results / "lucky")
    competition.ledger.close("ann", "the end")
    submitters = tmp_path / "submitters.yaml"
    for show, images in (("best", ["image"]), ("all", ["image", "lucky"])):
        submitters.write_text(f"show: {show}\n")
        shown = by_ledger(competition, "--submitters", submitters, "--json").stdout
        entries = json.loads(shown)["entries"]
        assert [each["image"] for each in entries] == images
        assert [each["rank"] for each in entries] == ["1", None][: len(images)]
    assert "public split is better" in entries[1]["unranked"]
    shutil.rmtree(competition.results / "image")  # the control: alone it is ranked
    (alone,) = json.loads(by_ledger(competition, "--json").stdout)["entries"]
    assert (alone["image"], alone["rank"]) == ("lucky", "1")


def test_a_correction_after_the_end_has_scores_and_no_ranks(
    competition: Open, tmp_path: Path
) -> None:
    corrected = build_unaudited(
        write_suite(tmp_path / "source", runs=8),
        tmp_path / "corrected",
        version="2",
        division=DIVISION,
    )
    competition.ledger.close("ann", "the end")
    done = run("rescore", competition.results, "--suite", corrected.root)
    assert f"--ledger {competition.ledger.path}` has them" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if "team-a" in line]
    assert line.split()[:2] == ["-", "-"]
