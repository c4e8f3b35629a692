"""``runner evaluate`` as a user runs it: a process of its own, real images, real HELM runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from operator import mul
from pathlib import Path
from typing import Any

import docker
import pytest

from runner.attack.listener import listening
from runner.building.demo_suite import unpack_demo_suite
from runner.reports.report import read_report
from runner.sandbox.engine.engine import Engine
from runner.sandbox.policy import LABEL
from tests.helm_builder import write_suite
from tests.integration.command import RUNNER, runner, warm_programs
from tests.integration.conftest import wait_for_container
from tests.integration.forwarder import forwarder
from tests.integration.images import OWN
from tests.integration.printed import printed_by
from tests.suite_builder import build

Build = Callable[..., str]
TEMPLATE = Path(__file__).parents[2] / "predictor_template" / "python"


def evaluate(*arguments: object, out: Path) -> tuple[int, list[dict[str, Any]]]:
    ended = runner("evaluate", *arguments, "--suite", "demo", "--out", out, "--json")
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def test_the_example_predictors_are_scored_on_the_demo_suite(tmp_path: Path) -> None:
    names = ["random", "train_mean", "perturbation_linear"]
    code, evaluations = evaluate(*names, "--train-runs", 20, out=tmp_path)
    assert code == 0
    assert [Path(found["report_directory"]).name for found in evaluations] == names
    for found in evaluations:
        pairs = list(zip(found["rows"][::2], found["rows"][1::2], strict=True))
        targets = found["cases"][0]["targets"]
        assert len(pairs) == len(targets) > 0
        assert all(one["source"] == "predicted" for one, _ in pairs)
        assert all(one["name"] == "predicted_" + other["name"] for one, other in pairs)
        errors = [abs(each["predicted"]["mean"] - each["actual"]["mean"]) for each in targets]
        instances = [each["instances"] for each in targets]  # 0 for what HELM writes twice
        assert found["scores"][0]["targets"] == sum(map(bool, instances))
        mean = sum(map(mul, errors, instances)) / sum(instances)
        assert found["scores"][0]["value"] == pytest.approx(mean)


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_an_image_that_is_left_out_is_told_once_and_is_in_the_json(
    tmp_path: Path, quiet: list[str]
) -> None:
    """With --quiet nothing else is told."""
    arguments = ("random", "nowhere:1", "--suite", "demo", "--out", tmp_path, "--json", *quiet)
    ended = runner("evaluate", *arguments)
    told = [line for line in ended.stderr.splitlines() if line.startswith("left out: nowhere:1: ")]
    assert len(told) == 1
    assert bool(quiet) is (ended.stderr.splitlines() == told)
    report, fault = json.loads(ended.stdout)
    assert Path(report["report_directory"]).name == "random"
    assert f"left out: {fault['error']}" == told[0]
    assert fault["exit_code"] == ended.returncode == 2


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return what an evaluation printed, and where its report is."""
    out = tmp_path_factory.mktemp("printed")
    ended = runner("evaluate", "train_mean:latest", "--suite", "demo", "--out", out)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout, out / "train_mean"


def test_the_table_has_a_predicted_and_an_actual_row_per_target(printed: tuple[str, Path]) -> None:
    shown, directory = printed
    header = "run_spec source name mean min max count stddev sum sum_squared variance"
    lines = [line.split() for line in shown.splitlines()]
    assert header.split() in lines
    assert sum("predicted" in line for line in lines) == sum("actual" in line for line in lines) > 0
    assert "MAE" in shown
    assert f"report: {directory}/report.json" in shown


def test_the_report_holds_what_ran_and_what_it_wrote(
    client: docker.DockerClient, printed: tuple[str, Path]
) -> None:
    _, directory = printed
    report = read_report(directory)
    assert report.image.id == client.images.get("train_mean").id
    assert report.suite.digest.startswith("sha256:")
    case = report.cases[0]
    assert (case.outcome, case.exit_code, case.cause) == ("scored", 0, None)
    assert case.wall_seconds > 0
    frozen = json.loads((directory / case.id / "predictions.json").read_text())
    written = [stat for stats in frozen["predictions"].values() for stat in stats]
    assert [stat["mean"] for stat in written] == [
        target.predicted["mean"] for target in case.targets if target.predicted
    ]
    assert (directory / case.log_file).is_file()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Return the report of an image that draws its predictions, and the directory that it is in."""
    out = tmp_path_factory.mktemp("evaluated")
    _, (found,) = evaluate("random", out=out)
    return found, out


def test_the_same_evaluation_gives_the_same_predictions_and_one_report(
    evaluated: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    first, directory = evaluated
    out = shutil.copytree(directory, tmp_path / "out")
    _, (second,) = evaluate("random", "--rerun", out=out)
    assert first["rows"] == second["rows"]
    assert {path.name for path in out.iterdir()} == {"random", "finished_cases"}


def test_a_report_of_another_evaluation_is_kept_beside_the_new_one(
    evaluated: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    out = shutil.copytree(evaluated[1], tmp_path / "out")
    evaluate("random", "--seed", 2, out=out)
    assert len(list(out.glob("random*/report.json"))) == 2
    assert read_report(out / "random").seed == 2


@pytest.mark.parametrize(
    ("script", "outcome", "cause"),
    [
        ("exit_one", "failed", None),
        ("broken_json", "invalid_output", "not_json"),
        # The outcomes of these are among those of test_attack.py and test_sandbox.py.
        pytest.param("sleep", "timed_out", None, marks=pytest.mark.long),
        pytest.param("memory", "out_of_memory", None, marks=pytest.mark.long),
        pytest.param("fill_output", "output_limit", None, marks=pytest.mark.long),
        pytest.param("no_output", "invalid_output", "no_output", marks=pytest.mark.long),
    ],
)
def test_a_predictors_fault_is_named_and_exits_with_4(
    misbehaving: Build, tmp_path: Path, script: str, outcome: str, cause: str | None
) -> None:
    limits = ["--wall-seconds", 5, "--memory-mib", 256]
    code, (found,) = evaluate(misbehaving(script), *limits, out=tmp_path)
    case = found["cases"][0]
    assert (code, case["outcome"], case["cause"]) == (4, outcome, cause)
    assert found["scores"] == []
    assert case["message"]
    assert all(target["predicted"] is None for target in case["targets"])


def test_a_predictor_that_opens_a_socket_fails_with_4_and_is_not_heard(
    engine: Engine, misbehaving: Build, tmp_path: Path
) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    with listening(engine, "runner-base") as listener:
        (assets / "listener").write_text(listener.address)
        suite = build(write_suite(tmp_path), tmp_path / "suite", assets=str(assets))
        command = ["evaluate", misbehaving("tcp"), "--suite", suite.root, "--out", tmp_path]
        ended = runner(*command, "--json")
        assert listener.heard() == ()
    (found,) = json.loads(ended.stdout)
    case = found["cases"][0]
    assert (ended.returncode, case["outcome"], case["exit_code"]) == (4, "failed", 1)
    log = Path(found["report_directory"], case["log_file"]).read_text()
    assert "Network is unreachable" in log


def test_the_logs_end_is_shown_on_demand_and_without_control_characters(
    misbehaving: Build, tmp_path: Path
) -> None:
    image = misbehaving("flood_log")
    command = ["evaluate", image, "--suite", "demo", "--out", tmp_path]
    shown = runner(*command, "--show-log").stderr
    assert r"case-1 log: \x00\x1b[2Jxxx" in shown
    assert "\x1b" not in shown
    assert "case-1 log:" not in runner(*command).stderr


NOT_STARTED = {
    "VOLUME /": OWN.name("misbehaving-volume"),
    "WORKDIR /input/new": OWN.name("misbehaving-new-folder"),
    "WORKDIR /etc/passwd": OWN.name("misbehaving-no-folder"),
}


@pytest.fixture(scope="module")
def beside_a_good_one(
    client: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code and the reports, by image, of a good image and all that don't start."""
    for line, image in NOT_STARTED.items():
        container = client.containers.create("runner-base")
        container.commit(image, "latest", changes=line)
        container.remove()
    images = ["random", *NOT_STARTED.values()]
    code, found = evaluate(*images, out=tmp_path_factory.mktemp("beside") / "out")
    return code, dict(zip(images, found, strict=True))


@pytest.mark.parametrize("line", NOT_STARTED)
def test_an_image_that_no_engine_starts_is_the_authors_fault_and_keeps_no_other_from_its_score(
    beside_a_good_one: tuple[int, dict[str, dict[str, Any]]], line: str
) -> None:
    code, found = beside_a_good_one
    assert code == 4
    assert found["random"]["scores"]
    (case,) = found[NOT_STARTED[line]]["cases"]
    assert case["outcome"] == "failed"
    assert "could not be started" in case["message"]


def test_two_images_never_share_a_report(tmp_path: Path) -> None:
    ended = runner("evaluate", "random", "random:latest", "--suite", "demo", "--out", tmp_path)
    assert ended.returncode == 2
    assert "two images would report to" in ended.stderr


def test_an_image_without_a_command_is_the_authors_fault(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    image = OWN.name("misbehaving-no-command")
    client.images.build(path=str(tmp_path), tag=image, rm=True)
    code, (found,) = evaluate(image, out=tmp_path / "out")
    assert code == 4
    assert "No command specified" in found["cases"][0]["message"]


def test_one_bad_image_does_not_keep_the_others_from_being_scored(
    misbehaving: Build, tmp_path: Path
) -> None:
    code, (bad, good) = evaluate(misbehaving("exit_one"), "random", out=tmp_path)
    assert code == 4
    assert bad["scores"] == []
    assert good["scores"]


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (["no/such:image", "--suite", "demo"], {}, 2, "docker pull no/such:image"),
        (["random", "--suite", "nowhere"], {}, 3, "nowhere: no such file"),
        (["random", "--suite", "demo", "--train-runs", "5000"], {}, 3, "5000 train runs"),
        (["random", "--suite", "demo", "--target", "f1"], {}, 3, "f1 is asked for"),
        (["random"], {}, 2, "--suite"),
        (["random", "--suite", "demo", "--cpus", "4000"], {}, 2, "CPUs, not 4000"),
        (["random", "--suite", "demo", "--memory-mib", "99999999"], {}, 2, "not 99999999"),
        (["Random", "--suite", "demo"], {}, 2, "Names are lower case"),
        (["a/b:c=d,e", "--suite", "demo"], {}, 2, "Quote a --suite glob"),
        (
            ["random", "--suite", "demo"],
            {"DOCKER_HOST": "unix:///nonexistent/docker.sock"},
            5,
            "No container engine answers",
        ),
    ],
)
def test_a_wrong_command_is_told_what_and_where(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], code: int, said: str
) -> None:
    ended = runner("evaluate", *arguments, "--out", tmp_path / "out", **environment)
    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_helm_suite_is_named_as_in_magnet(tmp_path: Path) -> None:
    root = write_suite(tmp_path, "v1").parents[1]
    named = ["--suite", "v1", "--root-dir", root]
    ended = runner("evaluate", "random", *named, "--eval-samples", 2, "--out", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    missing = runner("evaluate", "random", "--suite", "v2", "--root-dir", root)
    assert missing.returncode == 3
    assert f"{root} has: v1" in missing.stderr
    nowhere = runner("evaluate", "random", "--suite", "v1", "--root-dir", tmp_path / "nowhere")
    assert nowhere.returncode == 3
    assert "nowhere/runs: no such directory" in nowhere.stderr


def test_an_unwritable_place_for_reports_is_told_and_nothing_is_half_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("in the way")
    ended = runner("evaluate", "random", "--suite", "demo", "--out", tmp_path / "file" / "out")
    assert ended.returncode == 2
    assert "can't be written" in ended.stderr
    assert "running" not in ended.stderr
    assert (tmp_path / "file").read_text() == "in the way"


WITH_A_BUG = """
import sys
from runner.cli.main import main
from runner.evaluation import records
score = records.with_scores
def with_a_bug(report, records):
    return score(report, records) if report.image.reference != sys.argv[2] else 1 / 0
records.with_scores = with_a_bug
main()
"""


def test_a_bug_while_one_image_is_scored_costs_that_image(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["evaluate", "random", "train_mean", "--suite", "demo", "--out", str(out)]
    command = [sys.executable, "-c", WITH_A_BUG, *arguments]
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 1
    (log,) = (tmp_path / "state").rglob("runner-bug-*.log")
    assert "ZeroDivisionError" in log.read_text()
    (told,) = [line for line in ended.stderr.splitlines() if "no report" in line]
    assert told.startswith("random on demo: no report: a bug of the runner (ZeroDivisionError in ")
    assert told.endswith(str(log))
    assert [path.parent.name for path in out.rglob("report.json")] == ["train_mean"]
    control = runner(*arguments)
    assert control.returncode == 0
    assert "random on demo: 1 of 1 cases have finished before" in control.stderr
    assert len(list(out.rglob("report.json"))) == 2


@pytest.mark.parametrize("signals", [1, pytest.param(3, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "signal_number",
    [signal.SIGINT, signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.long)],
)
def test_an_interrupted_evaluation_removes_what_it_made(
    client: docker.DockerClient,
    misbehaving: Build,
    tmp_path: Path,
    signal_number: int,
    signals: int,
) -> None:
    image = misbehaving("sleep")
    out = str(tmp_path / "out")
    command = [str(RUNNER), "evaluate", image, "--suite", "demo", "--out", out]
    # Under nohup the command would ignore SIGHUP.
    command = ["env", "--default-signal=HUP", *command]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for_container(client, "predictor")
        for _ in range(signals):
            process.send_signal(signal_number)
            time.sleep(0.1)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "in progress" not in said  # of a removal, which is none of the user's business
    assert "Interrupted" in said
    assert not (tmp_path / "out").exists()


def test_a_second_ctrl_c_ends_at_once_and_says_what_is_left(
    client: docker.DockerClient, misbehaving: Build, tmp_path: Path
) -> None:
    """The control is the first one, which waits for the engine to remove what runs."""
    image, runs = misbehaving("sleep"), unpack_demo_suite(tmp_path / "runs")
    (tmp_path / "tmp").mkdir()
    with forwarder() as way:
        environment = {**os.environ, "DOCKER_HOST": way.url, "TMPDIR": str(tmp_path / "tmp")}
        command = [str(RUNNER), "evaluate", image, "--suite", str(runs), "--out", str(tmp_path)]
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            wait_for_container(client, "predictor")
            scratch = list((tmp_path / "tmp").glob("runner-scratch-*"))
            way.hang()
            process.send_signal(signal.SIGINT)
            time.sleep(2)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "Ended at once. What was running may be left on the engine.\n`runner gc`" in said
    assert scratch
    assert not list((tmp_path / "tmp").glob("runner-scratch-*"))
    assert "predictor" in runner("gc").stdout


@pytest.mark.parametrize(
    "redirected",
    [
        "2>&1 | head -1",
        *(
            pytest.param(each, marks=pytest.mark.long)
            for each in ["2> >(head -1)", "2>&-", ">&- 2>&-"]
        ),
    ],
)
def test_an_evaluation_whose_lines_nobody_reads_goes_on(tmp_path: Path, redirected: str) -> None:
    command = f"set -o pipefail; {RUNNER} evaluate random --suite demo --out {tmp_path}"
    ended = subprocess.run(["bash", "-c", f"{command} {redirected}"], check=False, timeout=120)
    assert ended.returncode == 0
    assert read_report(tmp_path / "random").cases[0].outcome == "scored"


def test_results_that_can_not_be_printed_are_an_error_and_the_report_is_written(
    tmp_path: Path,
) -> None:
    command = f"{RUNNER} evaluate random --suite demo --out {tmp_path} --json > /dev/full"
    ended = subprocess.run(
        ["bash", "-c", command], check=False, timeout=120, capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert "standard output can't be written (No space left on device)" in ended.stderr
    assert read_report(tmp_path / "random").cases[0].outcome == "scored"


def test_control_a_run_under_nohup_outlives_its_terminal(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    command = ["nohup", str(RUNNER), "evaluate", "random", "--suite", "demo"]
    command += ["--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for_container(client, "keeper")
        process.send_signal(signal.SIGHUP)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


def test_a_keeper_stopped_from_outside_is_an_engine_fault_and_the_case_runs_again(
    client: docker.DockerClient, tmp_path: Path
) -> None:
    program = str(warm_programs() / "runner")
    command = [program, "evaluate", "random", "--suite", "demo", "--out", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        wait_for_container(client, "keeper").kill()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Trying again (1 of 2)" in said
    assert read_report(tmp_path / "random").cases[0].outcome == "scored"


def test_an_engine_that_keeps_failing_is_exit_5_and_no_report(
    client: docker.DockerClient, misbehaving: Build, tmp_path: Path
) -> None:
    program, out = str(warm_programs() / "runner"), str(tmp_path / "out")
    command = [program, "evaluate", misbehaving("sleep"), "--suite", "demo", "--out", out]
    command += ["--wall-seconds", "2", "--junit", str(tmp_path / "junit.xml")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        stopped: set[str | None] = set()
        while process.poll() is None:
            for container in client.containers.list(filters={"label": LABEL}, ignore_removed=True):
                if str(container.name).endswith("keeper") and container.id not in stopped:
                    stopped.add(container.id)
                    container.kill()
            time.sleep(0.1)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 5
    assert "was stopped from outside" in said
    assert "no report" in said
    assert len(stopped) == 3
    assert not (tmp_path / "out").exists()
    (error,) = ET.parse(tmp_path / "junit.xml").getroot().iter("error")
    assert error.get("type") == "engine_fault"
    assert "was stopped from outside" in str(error.get("message"))


MINE = OWN.name("my-predictor")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the template, as an author makes one."""
    return shutil.copytree(TEMPLATE, tmp_path / "my_predictor")


def test_the_template_is_a_predictor_that_is_scored(project: Path, tmp_path: Path) -> None:
    built = runner("build", project, "-t", MINE)
    assert built.returncode == 0, built.stderr
    code, (found,) = evaluate(MINE, out=tmp_path / "out")
    assert code == 0
    targets = found["cases"][0]["targets"]
    errors = [abs(each["predicted"]["mean"] - each["actual"]["mean"]) for each in targets]
    assert sum(errors) / len(errors) < 0.5


def test_an_unchanged_folder_is_not_built_again_and_a_changed_one_is(project: Path) -> None:
    runner("build", project, "-t", MINE)
    assert "nothing has changed" in runner("build", project, "-t", MINE).stderr
    with (project / "predictor.py").open("a") as file:
        file.write("# changed\n")
    assert f"{MINE}: built" in runner("build", project, "-t", MINE).stderr


def test_a_required_package_is_in_the_image_and_the_bases_own_are_not_doubled(
    client: docker.DockerClient, project: Path
) -> None:
    (project / "requirements.txt").write_text("narwhals==2.0.1\npandas\n")
    built = runner("build", project, "-t", MINE)
    assert built.returncode == 0, built.stderr
    listed = printed_by(
        client,
        MINE,
        ["-c", "import os; print(os.listdir('/opt/predictor/packages'))"],
        entrypoint="python3",
    )
    assert b"'narwhals'" in listed
    assert b"'pandas'" not in listed


@pytest.mark.parametrize(
    ("file_name", "line", "said"),
    [
        ("requirements.txt", "no-such-package-of-ours==1.0", "no-such-package-of-ours"),
        ("Dockerfile", "RUN python3 -c 'import sys; sys.exit(7)'", "returned a non-zero code: 7"),
        ("Dockerfile", "NONSENSE", "NONSENSE"),
    ],
)
def test_a_folder_that_cannot_be_built_is_the_authors_to_mend(
    project: Path, file_name: str, line: str, said: str
) -> None:
    with (project / file_name).open("a") as file:
        file.write(f"{line}\n")
    ended = runner("build", project, "-t", "never-built")
    assert ended.returncode == 4
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_build_step_has_no_network(project: Path) -> None:
    step = "import socket; print([name for _, name in socket.if_nameindex()]); raise SystemExit(9)"
    with (project / "Dockerfile").open("a") as file:
        file.write(f"RUN python3 -c '{step}'\n")
    assert "['lo']" in runner("build", project, "-t", "never-built").stderr


def test_a_shell_completes_the_images_of_the_engine() -> None:
    words = {"COMP_WORDS": "runner evaluate train_m", "COMP_CWORD": "2"}
    ended = subprocess.run(
        [RUNNER],
        env={**os.environ, "_RUNNER_COMPLETE": "bash_complete", **words},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "plain,train_mean" in ended.stdout.splitlines()
    assert "plain,random" not in ended.stdout.splitlines()
