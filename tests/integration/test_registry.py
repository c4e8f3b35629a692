"""Images from a registry: fetched when asked for, by their digest, then never asked for again."""

import hashlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import docker
import pytest

from runner.contract.limits import GIB
from tests.helm_builder import write_run
from tests.integration.command import runner
from tests.integration.registry import Registry

STAT = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
PREDICTIONS = {"contract_version": 1, "predictions": {"one": [STAT], "two": [STAT]}}
"""Whichever run is drawn, it is predicted; the other is ignored."""


@pytest.fixture(scope="module")
def pushed(registry: Registry) -> Iterator[str]:
    """Push a predictor and give its reference by digest; the engine has it no more."""
    copy = "/busybox cp /predictions.json /output/predictions.json"
    reference = registry.push(
        "team/predictor", copy, {"predictions.json": json.dumps(PREDICTIONS).encode()}
    )
    yield reference
    registry.remove(reference)


@pytest.fixture
def helm_runs(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_run(tmp_path / "runs", name)
    return tmp_path / "runs"


def evaluate(reference: str, helm_runs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    out = helm_runs.parent / "results"
    command = ["evaluate", reference, "--suite", helm_runs, "--train-runs", "1", "--out", out]
    return runner(*command, "--rerun", *arguments)


def test_an_image_is_never_pulled_unasked_and_the_message_holds_the_command(
    pushed: str, helm_runs: Path
) -> None:
    ended = evaluate(pushed, helm_runs)
    assert ended.returncode == 2
    assert f"`docker pull {pushed}`" in ended.stderr
    assert "--pull missing" in ended.stderr


def test_a_missing_image_is_pulled_by_digest_and_outlives_its_registry(
    client: docker.DockerClient, registry: Registry, pushed: str, helm_runs: Path
) -> None:
    pulled = evaluate(pushed, helm_runs, "--pull", "missing", "--json")
    assert pulled.returncode == 0, pulled.stderr
    assert "pulling" in pulled.stderr
    (report,) = json.loads(pulled.stdout)
    assert report["image"]["reference"] == pushed
    assert report["image"]["digests"] == [pushed]
    assert report["image"]["id"] == client.images.get(pushed).id

    registry.container.get_wrapped_container().pause()  # answers nobody any more
    try:
        without = evaluate(pushed, helm_runs, "--pull", "missing", "--json")
    finally:
        registry.container.get_wrapped_container().unpause()
    assert without.returncode == 0, without.stderr
    (again,) = json.loads(without.stdout)
    assert again["image"] == report["image"]
    assert again["scores"] == report["scores"]


def test_what_the_registry_does_not_have_is_a_usage_error(
    registry: Registry, helm_runs: Path
) -> None:
    reference = f"{registry.address}/team/unheard-of:1"
    ended = evaluate(reference, helm_runs, "--pull", "always")
    assert ended.returncode == 2, ended.stderr
    assert "Check the name" in ended.stderr


def test_a_registry_that_can_not_be_reached_is_no_fault_of_the_predictor(
    helm_runs: Path,
) -> None:
    ended = evaluate("127.0.0.1:9/team/predictor:1", helm_runs, "--pull", "always")
    assert ended.returncode == 5, ended.stderr
    assert "could not pull" in ended.stderr


ENDLESS = b"x" * 64 * 1024


class EndlessRegistry(BaseHTTPRequestHandler):
    """A registry whose only image has a layer without an end, and whose errors tell secrets."""

    protocol_version = "HTTP/1.1"
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["x"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "1" * 64]},
        }
    ).encode()
    layer_digest = "sha256:" + "2" * 64
    asked: ClassVar[list[str]] = []
    hung_up = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        digest = "sha256:" + hashlib.sha256(self.config).hexdigest()
        layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip"}
        config = {"mediaType": "application/vnd.docker.container.image.v1+json"}
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {**config, "size": len(self.config), "digest": digest},
            "layers": [{**layer, "size": 30 * GIB, "digest": self.layer_digest}],
        }
        if self.path == "/v2/":
            self._answer(b"{}", "application/json")
        elif "/manifests/1" in self.path or "/manifests/sha256" in self.path:
            self._answer(json.dumps(manifest).encode(), kind)
        elif self.path.endswith(digest):
            self._answer(self.config, "application/octet-stream")
        elif self.path.endswith(self.layer_digest):
            self._send_for_ever()
        else:
            self._answer(b"SECRET of an internal service", "text/plain", 403)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _send_for_ever(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(30 * GIB))
        self.end_headers()
        try:
            while True:
                self.wfile.write(ENDLESS)
                time.sleep(0.05)
        except OSError:
            self.hung_up.set()

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def endless() -> Iterator[str]:
    """Run the registry; give its address."""
    EndlessRegistry.asked.clear()
    EndlessRegistry.hung_up.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), EndlessRegistry) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_pull_without_an_end_is_ended_and_the_registry_left(
    endless: str, helm_runs: Path
) -> None:
    ended = evaluate(f"{endless}/team/predictor:1", helm_runs, "--pull", "missing")
    assert ended.returncode == 2, ended.stderr
    assert "its layers have more than 20 GiB" in ended.stderr
    assert EndlessRegistry.hung_up.wait(30)


def test_a_closed_evaluation_asks_no_host_that_is_not_named(endless: str, helm_runs: Path) -> None:
    reference = f"{endless}/team/predictor:2"
    ended = evaluate(reference, helm_runs, "--pull", "missing", "--closed")
    assert ended.returncode == 2, ended.stderr
    assert f"images come from docker.io, ghcr.io, quay.io, not from {endless}" in ended.stderr
    assert EndlessRegistry.asked == []


def test_control_a_registry_that_is_named_is_asked_and_its_text_is_not_shown(
    endless: str, helm_runs: Path
) -> None:
    reference = f"{endless}/team/predictor:2"
    options = ("--pull", "missing", "--closed", "--registry", endless)
    ended = evaluate(reference, helm_runs, *options)
    assert ended.returncode in (2, 5)
    assert EndlessRegistry.asked != []
    assert "SECRET" not in ended.stdout + ended.stderr
