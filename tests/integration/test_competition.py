"""The example organizer's repository, end to end: its workflows' own steps, a real registry."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.building.build import build_suite
from runner.building.demo_suite import unpack_demo_suite
from runner.contract.predictor import predictions_to_json
from runner.contract.stat import Stat
from runner.submissions.ledger import Ledger
from runner.submissions.rules import Rules
from runner.suites.spec_file import read_spec
from runner.suites.suite import Suite
from tests.git_builder import commit, git, make_repository
from tests.integration.registry import Registry
from tests.integration.workflow import ROOT, Job

EXAMPLE = ROOT / "examples" / "competition"
WORKFLOWS = EXAMPLE / ".github" / "workflows"
SECRET = "kept-secret-place"

COPY = "/busybox cp /predictions.json /output/predictions.json"

HOSTILE = """
echo "::set-output name=outcome::scored"
echo "::stop-commands::x"
/busybox cat /input/eval/*.parquet
echo "STOLEN $(/busybox ls /input)" >&2
/busybox cp /predictions.json /output/predictions.json
"""

HOSTILE_PREDICTIONS = {
    "contract_version": 1,
    "predictions": {
        "<script>STOLEN</script>\x1b[31m\n::error::STOLEN": [
            {"name": {"name": "[STOLEN](https://evil.example)", "split": "test"}, "mean": 1}
        ]
    },
}


@dataclass(frozen=True)
class Competition:
    """An organizer's repository and machine.

    Attributes:
        origin: the repository, its pull requests below refs/pull.
        results: where reports go.
        private: where the private half of the suite is.
        ledger: the competition's.
        registry: where images may come from.
    """

    origin: Path
    results: Path
    private: Path
    ledger: Path
    suite: Suite
    registry: str

    def pull_request(self, number: int, files: Mapping[str, str | None]) -> None:
        """Open a pull request with these changes."""
        git(self.origin, "switch", "--quiet", "--create", "topic", "main")
        commit(self.origin, files)
        git(self.origin, "update-ref", f"refs/pull/{number}/head", "topic")
        git(self.origin, "switch", "--quiet", "main")
        git(self.origin, "branch", "--quiet", "--delete", "--force", "topic")

    def evaluate(self, number: int, author: str, place: Path, **variables: str) -> Job:
        """Run the workflow that a pull request starts.

        Args:
            variables: those that are not as the README says.
        """
        request = {
            "number": number,
            "head": {"sha": git(self.origin, "rev-parse", f"refs/pull/{number}/head")},
            "user": {"login": author},
        }
        github = {"sha": git(self.origin, "rev-parse", "main"), "event": {"pull_request": request}}
        return self._run("submission.yml", github, place, **variables)

    def merge(self, number: int) -> None:
        git(self.origin, "merge", "--quiet", "--no-edit", f"refs/pull/{number}/head")

    def publish(self, place: Path) -> Job:
        """Run the workflow that a merge starts."""
        return self._run("leaderboard.yml", {}, place)

    def _run(self, workflow: str, github: Mapping[str, object], place: Path, **other: str) -> Job:
        secrets = {"SUITE_PRIVATE": str(self.private)}
        variables = {
            "RESULTS": str(self.results),
            "LEDGER": str(self.ledger),
            "REGISTRIES": self.registry,
            **other,
        }
        job = Job(self.origin, place, {"github": github, "secrets": secrets, "vars": variables})
        job.run(WORKFLOWS / workflow)
        return job


@pytest.fixture(scope="module")
def competition(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Competition:
    """Do what the example's README tells the organizer to do."""
    place = tmp_path_factory.mktemp("organizer")
    origin = shutil.copytree(EXAMPLE, place / "repository")
    unpack_demo_suite(place)
    spec = read_spec(origin / "suite.yaml")
    runs = tuple(str(place / Path(each).relative_to(origin)) for each in spec.helm_runs)
    suite = build_suite(spec.model_copy(update={"helm_runs": runs}), place / "built").suite
    shutil.copytree(suite.root / "public", origin / "suite" / "public")
    private = (suite.root / "private").rename(place / SECRET)
    make_repository(origin, {})
    results = place / "results"
    results.mkdir()
    ledger = place / "competition.ledger"
    Ledger(ledger).create(Rules(seed="s"))
    return Competition(origin, results, private, ledger, suite, registry.address)


def submission(team: str, image: str) -> dict[str, str]:
    return {f"submissions/{team}.yaml": f"submitter: {team}\nimage: {image}\n"}


def near_predictions(suite: Suite) -> bytes:
    """Return predictions of every case, each off by a little."""
    by_run: dict[str, list[Stat]] = {}
    for case in suite.cases:
        for number, (target, actual) in enumerate(suite.actuals(case).stats.items()):
            assert actual.mean is not None
            off = target.predicted(actual.mean + (0.03 if number % 2 else -0.02))
            by_run.setdefault(target.run_spec_name, []).append(off)
    return predictions_to_json(by_run).encode()


@pytest.fixture(scope="module")
def jobs(
    competition: Competition, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Job]:
    """Run two submissions and then the leaderboard: one good, one hostile."""
    predictions = {
        "team-a": (COPY, near_predictions(competition.suite)),
        "team-b": (HOSTILE, json.dumps(HOSTILE_PREDICTIONS).encode()),
    }
    authors = {"team-a": "octocat", "team-b": "hubot"}
    jobs = {}
    for number, (team, (script, content)) in enumerate(predictions.items(), start=1):
        image = registry.push(f"{team}/predictor", script, {"predictions.json": content})
        competition.pull_request(number, submission(team, image))
        place = tmp_path_factory.mktemp(team)
        jobs[team] = competition.evaluate(number, authors[team], place)
        competition.merge(number)
        registry.remove(image)
    jobs["leaderboard"] = competition.publish(tmp_path_factory.mktemp("leaderboard"))
    return jobs


def test_a_good_submission_is_told_what_the_ledger_allows(
    competition: Competition, jobs: dict[str, Job]
) -> None:
    job = jobs["team-a"]
    assert job.exit_code == 0, job.log
    assert job.outputs["Evaluate"]["outcome"] == "scored"
    assert job.outputs["Evaluate"]["score"] == ""
    assert re.search(
        r"^`team-a` `.*`: MAE [\d.]+ on the public split by the Ladder$", job.summary, re.MULTILINE
    )
    (entry,) = [each for each in Ledger(competition.ledger).read()[1] if each.event == "scored"]
    assert f"MAE {entry.published:.6g} on" in job.summary
    assert repr(entry.value) not in job.visible()
    (report,) = competition.results.glob("team-a/*/report.json")
    (mae,) = [s for s in json.loads(report.read_text())["scores"] if s["metric"] == "mae"]
    assert mae["value"] == pytest.approx(0.025, abs=0.001)  # the organizer's
    assert f"{mae['value']:.4f}" not in job.visible()


def test_a_hostile_submission_ends_with_typed_causes_and_none_of_its_text(
    competition: Competition, jobs: dict[str, Job]
) -> None:
    job = jobs["team-b"]
    assert job.exit_code == 4
    assert (job.outputs["Evaluate"]["outcome"], job.outputs["Evaluate"]["score"]) == (
        "not_scored",
        "",
    )
    assert job.summary.endswith(": invalid_output: not scored, and not charged\n\n")
    (report,) = competition.results.glob("team-b/*/report.json")
    assert "STOLEN" in report.read_text()  # the control: the organizer can read what it wrote
    assert "STOLEN" not in job.visible()
    assert "\x1b" not in job.visible()
    commands = [line for line in job.log.splitlines() if line.lstrip().startswith("::")]
    assert [line.partition("::")[2].partition("::")[0] for line in commands] == ["add-mask"]


def test_without_its_ledger_nothing_is_evaluated(
    competition: Competition, registry: Registry, tmp_path: Path
) -> None:
    """A variable that is not set: the image would be scored again and again, and exactly."""
    content = near_predictions(competition.suite)
    image = registry.push("team-a/without-ledger", COPY, {"predictions.json": content})
    competition.pull_request(90, submission("team-a", image))
    for number, missing in enumerate(("LEDGER", "RESULTS")):
        job = competition.evaluate(90, "octocat", tmp_path / str(number), **{missing: ""})
        assert job.exit_code == 2
        assert "The variables LEDGER and RESULTS have to name" in job.log
        assert "Evaluate" not in job.outputs


@pytest.mark.parametrize("name", ["team-a", "team-b", "leaderboard"])
def test_no_actual_and_no_secret_place_is_to_be_seen(
    competition: Competition, jobs: dict[str, Job], name: str
) -> None:
    actuals = {
        repr(stat.mean)
        for case in competition.suite.cases
        for stat in competition.suite.actuals(case).stats.values()
    }
    telling = [value for value in actuals if len(value) > len("0.12345")]
    assert len(telling) > 5
    for report in competition.results.glob("team-*/*/report.json"):
        assert all(value in report.read_text() for value in telling)  # the control
    shown = jobs[name].visible() + json.dumps(jobs[name].outputs)
    assert [value for value in telling if value in shown] == []
    assert SECRET not in shown
    assert "STOLEN" not in shown


def test_the_artifact_has_the_summary_alone(jobs: dict[str, Job]) -> None:
    artifact = jobs["team-b"].artifacts / "evaluation"
    assert {path.name for path in artifact.iterdir()} == {"summary.md"}


def test_the_leaderboard_shows_what_was_told_and_no_report(
    competition: Competition, jobs: dict[str, Job]
) -> None:
    job = jobs["leaderboard"]
    assert job.exit_code == 0, job.log
    (entry,) = [each for each in Ledger(competition.ledger).read()[1] if each.event == "scored"]
    assert job.summary.splitlines()[-1] == f"| 1 | `team-a` | {entry.published:.6g} |"
    page = (job.artifacts / "page" / "index.html").read_text()
    assert "<bdi>team-a</bdi>" in page
    assert "team-b" not in page
    assert "Content-Security-Policy" in page
    assert [path.name for path in (job.artifacts / "page").iterdir()] == ["index.html"]
    assert repr(entry.value) not in job.visible() + page


def with_other(name: str) -> Callable[[Competition, str], dict[str, str | None]]:
    def change(competition: Competition, image: str) -> dict[str, str | None]:
        content = (competition.origin / name).read_text()
        return {**submission("team-a", image), name: f"{content}\n# changed\n"}

    return change


def limits_in_the_file(_competition: Competition, image: str) -> dict[str, str | None]:
    ((path, text),) = submission("team-a", image).items()
    return {path: f"{text}wall_seconds: '86400'\n"}


def a_tag(_competition: Competition, image: str) -> dict[str, str | None]:
    return dict(submission("team-a", image.partition("@")[0] + ":latest"))


def another_teams_file(_competition: Competition, image: str) -> dict[str, str | None]:
    return dict(submission("team-b", image))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_other("suite/public/suite.json"), "'suite/public/suite.json'"),
        (with_other("suite.yaml"), "'suite.yaml'"),
        (with_other("teams.yaml"), "'teams.yaml'"),
        (with_other(".github/workflows/submission.yml"), "'.github/workflows/submission.yml'"),
        (limits_in_the_file, "wall_seconds: no such field"),
        (a_tag, "should be named by its digest alone"),
        (another_teams_file, "'octocat' is not a member of this team"),
    ],
)
def test_a_pull_request_that_breaks_the_rules_is_refused_and_nothing_is_run(
    competition: Competition,
    jobs: dict[str, Job],
    tmp_path: Path,
    change: Callable[[Competition, str], dict[str, str | None]],
    said: str,
) -> None:
    (report,) = competition.results.glob("team-a/*/report.json")
    image = json.loads(report.read_text())["image"]["reference"]
    number = len(list((competition.origin / ".git" / "refs" / "pull").glob("*"))) + 1
    competition.pull_request(number, change(competition, image))
    job = competition.evaluate(number, "octocat", tmp_path / "job")
    assert job.exit_code == 4
    assert said in job.log
    assert "running" not in job.log
    assert not list(job.artifacts.iterdir())


def test_the_base_stays_checked_out_while_a_pull_request_is_evaluated(
    competition: Competition, jobs: dict[str, Job]
) -> None:
    """Its file is read from git's objects: the workspace never had it."""
    assert not (jobs["team-a"].workspace / "submissions" / "team-a.yaml").exists()
    assert (competition.origin / "submissions" / "team-a.yaml").exists()  # the control: merged


def test_when_the_ledger_is_closed_the_leaderboard_has_the_private_result(
    competition: Competition, jobs: dict[str, Job], tmp_path: Path
) -> None:
    """The last test: the ledger can't be opened again."""
    assert jobs["leaderboard"].exit_code == 0
    Ledger(competition.ledger).close("ann", "the deadline has passed")
    job = competition.publish(tmp_path / "job")
    assert job.exit_code == 0, job.log
    first, second = [line for line in job.summary.splitlines() if line.startswith("| ")][-2:]
    assert first.startswith("| 1 | `team-a` |")
    assert second.startswith("| not ranked: `2 of 2 cases not scored (invalid_output)` | `team-b`")
    page = (job.artifacts / "page" / "index.html").read_text()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    ranked = [(entry["submitter"], entry["link"]) for entry in json.loads(data)["entries"]]
    assert [submitter for submitter, _ in ranked] == ["team-a"]
    unranked = re.findall(r'<bdi>team-b</bdi>.*href="(reports/\d+\.html)"', page)
    reports = [link for _, link in ranked] + unranked
    assert len(reports) == 2
    assert all((job.artifacts / "page" / report).is_file() for report in reports)
