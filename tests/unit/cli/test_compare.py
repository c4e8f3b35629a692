import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.errors import UsageError
from runner.reports.report_directory import write_evaluation
from tests.evaluation_builder import evaluate_function, off_by
from tests.suite_builder import shared_suite

DIVISION = {"method": "leave_one_out", "by": "run"}
HOSTILE = "\x1b[31mred"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    suite = shared_suite(runs=8, division=DIVISION)
    for error, name in ((0.1, HOSTILE), (0.3, "b"), (0.2, "c")):
        write_evaluation(evaluate_function(suite, off_by(error), name), root / f"{error}")
    return root


def run(results: Path, *options: str) -> Result:
    named = [name if name.startswith("-") else str(results / name) for name in options]
    given = ["compare", *named]
    return CliRunner().invoke(cli, given, standalone_mode=False, catch_exceptions=False)


def test_the_first_is_printed_beside_each_other_one_over_all_and_by_category(results: Path) -> None:
    shown = run(results, "0.1", "0.3", "0.2").stdout
    assert shown.count("(lower is better)") == 2
    (first, second) = [line.split() for line in shown.splitlines() if line.startswith("all ")]
    assert first[1:4] == ["0.1000", "0.3000", "-0.2000"]
    assert second[1:4] == ["0.1000", "0.2000", "-0.1000"]
    assert shown.count("by scenario") == shown.count("by model") == shown.count("by stat") == 2
    assert shown.count("targets in which they differ most") == 2
    assert "\x1b" not in shown


def test_json_has_every_pair(results: Path) -> None:
    document = json.loads(run(results, "0.1", "0.3", "0.2", "--json").stdout)
    over_all = [row for row in document["differences"] if row["category"] is None]
    pairs = {(row["first"], row["second"]): row["difference"] for row in over_all}
    wanted = {(HOSTILE, "b"): -0.2, (HOSTILE, "c"): -0.1, ("b", "c"): 0.1}
    assert pairs == pytest.approx(wanted)
    assert document["metric"] == "mae"
    assert document["digest"].startswith("sha256:")


def test_the_page_goes_beside_the_first_report_and_is_the_users_alone(results: Path) -> None:
    place = results / "compare.html"
    assert run(results, "0.1", "0.3", "--html").stdout == f"page: {place}\n"
    assert place.stat().st_mode & 0o077 == 0  # it has the actuals
    assert run(results, "0.1", "0.3", f"--out={results / 'x.html'}").stdout.endswith("x.html\n")


def test_a_report_named_twice_is_refused(results: Path) -> None:
    with pytest.raises(UsageError, match="named twice"):
        run(results, "0.1", "0.1")


def test_a_page_takes_no_other_files_place(results: Path) -> None:
    report = results / "0.1" / "report.json"
    content = report.read_bytes()
    with pytest.raises(UsageError, match="another kind of file is there"):
        run(results, "0.1", "0.3", "--html", f"--out={report}")
    assert report.read_bytes() == content
