"""``runner evaluate --out s3://...`` on a real server of S3, a process on this machine."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.integration.command import runner, warm_programs
from tests.integration.images import OTHER_QUICK, QUICK
from tests.integration.s3_server import NAMES_OF_A_PAGE, PACKAGES, S3Server
from tests.integration.started import started

REPORTS = NAMES_OF_A_PAGE * 3 // 4
"""A report has two files, so that a listing of all has a second page."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    assert PACKAGES.is_dir(), "make build/s3/installed puts the driver and the server there"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = S3Server(port, tmp_path_factory.mktemp("s3") / "log")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def bucket(server: S3Server, request: pytest.FixtureRequest) -> str:
    name = f"bucket-{abs(hash(request.node.name))}"
    server.ask("create_bucket", Bucket=name)
    return name


def run(
    server: S3Server, *arguments: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    return runner(*arguments, **{**server.environment, **environment})


def test_reports_on_s3_are_ranked_verified_and_stand(
    server: S3Server, bucket: str, small: Path, client: docker.DockerClient
) -> None:
    command = ["evaluate", QUICK, OTHER_QUICK, "--suite", small, "--out", f"s3://{bucket}/x"]
    ended = run(server, *command)
    assert ended.returncode == 0, ended.stderr
    board = run(server, "leaderboard", f"s3://{bucket}/x", "--json")
    assert len(json.loads(board.stdout)["entries"]) == 2
    verified = run(server, "verify", f"s3://{bucket}/x/{OTHER_QUICK}", "--suite", small)
    assert verified.returncode == 0, verified.stdout
    before = server.ask("list_objects_v2", Bucket=bucket)["Contents"]
    with started(client, [QUICK, OTHER_QUICK]) as ran:
        assert "2 of 2 reports are up to date" in run(server, *command).stderr
    assert ran == []
    assert server.ask("list_objects_v2", Bucket=bucket)["Contents"] == before


WRITE_SLOWLY = """
import sys, time
from runner.files.stores import open_store, writing
with writing(open_store(sys.argv[1])) as file:
    file.write(bytes(60 * 2**20))  # more than the driver holds in memory: a part is on its way
    print("written", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_write_that_is_interrupted_leaves_no_file(
    server: S3Server, bucket: str, number: signal.Signals
) -> None:
    command = [sys.executable, "-c", WRITE_SLOWLY, f"s3://{bucket}/x/half", "200"]
    with subprocess.Popen(
        command, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(number)
        process.wait(timeout=60)
    assert server.keys(bucket) == []


def test_control_a_write_that_is_not_interrupted_leaves_the_file(
    server: S3Server, bucket: str
) -> None:
    server.python(WRITE_SLOWLY, f"s3://{bucket}/x/whole", 0)
    assert server.keys(bucket) == ["x/whole"]


def test_a_report_that_was_begun_is_not_ranked_and_made_whole_by_the_same_command(
    server: S3Server, bucket: str, small: Path
) -> None:
    command = ["evaluate", QUICK, "--suite", small, "--out", f"s3://{bucket}/x"]
    assert run(server, *command).returncode == 0
    assert run(server, "leaderboard", f"s3://{bucket}/x").returncode == 0
    server.ask("delete_object", Bucket=bucket, Key=f"x/{QUICK}/SHA256SUMS")  # it is written last
    half = run(server, "leaderboard", f"s3://{bucket}/x")
    assert half.returncode == 2
    assert "no report in it" in half.stderr
    assert run(server, *command).returncode == 0
    assert run(server, "verify", f"s3://{bucket}/x/{QUICK}", "--suite", small).returncode == 0


COPY = """
import boto3, sys
from concurrent.futures import ThreadPoolExecutor
bucket, times, image = sys.argv[1], int(sys.argv[2]), sys.argv[3]
client = boto3.client("s3")
files = {
    name: client.get_object(Bucket=bucket, Key=f"x/{image}/{name}")["Body"].read()
    for name in ("report.json", "SHA256SUMS")
}
def put(number):
    for name, content in files.items():
        client.put_object(Bucket=bucket, Key=f"many/{number}/{name}", Body=content)
with ThreadPoolExecutor(8) as pool:
    list(pool.map(put, range(times)))
"""

READ_ALL = """
import sys
from runner.files.stores import open_store
from runner.reports.report import parse_report
from runner.reports.found_reports import read_reports
print(len(read_reports(open_store(sys.argv[1]), parse_report).reports))
"""


def test_many_reports_are_listed_by_pages_and_read_with_two_requests_each(
    server: S3Server, bucket: str, small: Path
) -> None:
    command = ["evaluate", QUICK, "--suite", small, "--out", f"s3://{bucket}/x"]
    assert run(server, *command).returncode == 0
    server.python(COPY, bucket, REPORTS, QUICK)
    before = len(server.requests())
    assert server.python(READ_ALL, f"s3://{bucket}/many") == f"{REPORTS}\n"
    asked = server.requests()[before:]
    assert REPORTS < len(asked) < 2 * REPORTS + 10
    assert any("continuation-token" in request for request in asked)


@pytest.mark.long
def test_two_runners_share_a_bucket(server: S3Server, bucket: str, small: Path) -> None:
    """As in a place of another kind: test_stores.py."""
    options = ["--suite", small, "--out", f"s3://{bucket}/x"]
    images = (QUICK, OTHER_QUICK, OTHER_QUICK)  # two write the same report at the same time
    program = warm_programs() / "runner"
    commands = [list(map(str, [program, "evaluate", image, *options])) for image in images]
    running = [subprocess.Popen(command, env=server.environment) for command in commands]
    assert [process.wait(timeout=250) for process in running] == [0, 0, 0]
    for image in (QUICK, OTHER_QUICK):
        verified = run(server, "verify", f"s3://{bucket}/x/{image}", "--suite", small)
        assert verified.returncode == 0, verified.stdout


WRONG = {
    "a wrong secret": ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "signature|Forbidden"),
    "an unknown key": ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}, "does not exist|Forbidden"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "arguments", [("evaluate", "train_mean", "--suite", "demo", "--out"), ("leaderboard",)]
)
def test_wrong_credentials_are_told_before_any_container_runs(
    server: S3Server,
    bucket: str,
    client: docker.DockerClient,
    wrong: str,
    arguments: tuple[str, ...],
) -> None:
    environment, why = WRONG[wrong]
    with started(client, ["train_mean"]) as ran:
        ended = run(server, *arguments, f"s3://{bucket}/x", **environment)
    assert ended.returncode == 2
    assert f"Error: s3://{bucket}/x: this place can't be used" in ended.stderr
    assert any(each in ended.stderr for each in why.split("|"))
    assert "its credentials" in ended.stderr
    assert server.key["SecretAccessKey"] not in ended.stderr
    assert ran == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "train_mean", "--suite", "demo", "--out"), "bucket does not exist"),
        (("leaderboard",), "there is no such place. Check the URL, e.g. the name of its bucket"),
    ],
)
def test_a_bucket_that_is_not_there_is_named_and_not_made(
    server: S3Server, arguments: tuple[str, ...], said: str
) -> None:
    ended = run(server, *arguments, "s3://bucket-of-nobody/x")
    assert ended.returncode == 2
    assert "Error: s3://bucket-of-nobody/x: " in ended.stderr
    assert said in ended.stderr
    made = [each["Name"] for each in server.ask("list_buckets")["Buckets"]]
    assert "bucket-of-nobody" not in made
