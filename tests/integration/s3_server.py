"""A real server of S3, moto's, in a process of its own, which checks credentials."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "build" / "s3"
"""The driver and the server, which `make build/s3/installed` puts there."""

DEADLINE_SECONDS = 60
NAMES_OF_A_PAGE = 50
"""How many names a listing has at a time. Of S3 itself it is 1,000."""

UNCHECKED_ACTIONS = 3
"""The three that make the user, whose key is the only one that opens anything afterwards."""

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}

MAKE_KEY = f"""
import boto3, json
iam = boto3.client("iam")
iam.create_user(UserName="team")
iam.put_user_policy(UserName="team", PolicyName="all", PolicyDocument='{json.dumps(POLICY)}')
print(json.dumps(iam.create_access_key(UserName="team")["AccessKey"], default=str))
"""

ASK = """
import boto3, json, sys
client = boto3.client("s3")
for line in sys.stdin:
    call, arguments = json.loads(line)
    print(json.dumps(getattr(client, call)(**arguments), default=str), flush=True)
"""


@dataclass
class S3Server:
    """Server and credentials; what runs with ``environment`` reaches it, and nothing else."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    asking: subprocess.Popen[str] | None = None
    key: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Return a process's environment, in which S3 is this server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            "PYTHONPATH": f"{PACKAGES}:{ROOT}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ACCESS_KEY_ID": self.key.get("AccessKeyId", "any"),
            "AWS_SECRET_ACCESS_KEY": self.key.get("SecretAccessKey", "any"),
        }

    def start(self) -> None:
        """Start the server, and make the key that it takes."""
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        environment = {
            **self.environment,
            "INITIAL_NO_AUTH_ACTION_COUNT": str(UNCHECKED_ACTIONS),
            "MOTO_S3_DEFAULT_MAX_KEYS": str(NAMES_OF_A_PAGE),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                self.key = json.loads(self.python(MAKE_KEY))
                self.asking = subprocess.Popen(
                    [sys.executable, "-c", ASK],
                    env=self.environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                return
            time.sleep(0.05)
        pytest.fail(f"the server never listened: {self.log.read_text()}")

    def stop(self) -> None:
        """End the server."""
        if self.asking is not None:
            self.asking.communicate()
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def python(self, code: str, *arguments: object) -> str:
        """Run code that finds the driver and the server, and return what it printed."""
        command = [sys.executable, "-c", code, *map(str, arguments)]
        ended = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def ask(self, call: str, **arguments: Any) -> Any:
        """Call S3 itself, not through the runner: a method of boto3's client."""
        assert self.asking is not None
        assert self.asking.stdin is not None
        assert self.asking.stdout is not None
        print(json.dumps([call, arguments]), file=self.asking.stdin, flush=True)
        return json.loads(self.asking.stdout.readline())

    def keys(self, bucket: str) -> list[str]:
        """Return the names of all objects of a bucket, at most those of a page."""
        found = self.ask("list_objects_v2", Bucket=bucket).get("Contents", [])
        return [each["Key"] for each in found]

    def requests(self) -> list[str]:
        """Return the requests so far, one line each."""
        return [line for line in self.log.read_text().splitlines() if "HTTP/1.1" in line]
