"""The hostile predictors on the real engine: all are held, and each protection has its control.

A control takes one protection away from the policy, or from the runner, and runs the attacks that
it was against. They must then be told as not held: else the verdict could not be trusted.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import docker
import pytest

from runner.attack import run as run_module
from runner.attack.pack import Attack, pack_directory, read_pack
from runner.attack.run import ENGINE_FAULT, REPOSITORY, run_attacks
from runner.attack.suite import ACTUAL
from runner.attack.verdict import LIMITS, AttackVerdict
from runner.contract.limits import MIB
from runner.errors import EngineError
from runner.evaluation import staged_task as staged_task_module
from runner.output import predictions
from runner.sandbox import case as case_module
from runner.sandbox import policy as policy_module
from runner.sandbox import sandbox as sandbox_module
from runner.sandbox.cleanup import collect_garbage
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.host import engine_identity
from runner.sandbox.policy import KEEPER_UID, LABEL
from runner.suites.staging import StagedInputs, stage_inputs
from tests.integration.command import RUNNER
from tests.integration.conftest import leftovers

PACK = read_pack(pack_directory())
ATTACKS = {attack.name: attack for attack in PACK}

Body = dict[str, Any]
MOST_SECONDS = 600
"""For all attacks, which take a minute where nothing else runs."""

DOCUMENTS = {
    *("boolean_number", "deep_json", "double_target", "duplicate_key", "huge_integer"),
    *("infinite_number", "lone_surrogate", "nan_number", "not_utf8", "overflowing_number"),
    *("skip_target", "wide_json", "wrong_version"),
}
"""Attacks by what an ordinary file says. Such bytes are refused in
tests/unit/output/test_predictions.py as well; test_evaluate.py shows with ``broken_json`` that they
get there."""

SHOWN_ELSEWHERE = {
    *("environment", "io_uring", "ptrace", "vsock"),  # test_protections.py
    *("fill_output", "flood_log", "link_output"),  # test_sandbox.py
    *("look_around", "no_output", "sleep"),  # test_sandbox.py
    *("broken_json", "exit_one"),  # test_evaluate.py
    "fork_bomb",  # ``processes_flood``, and test_protections.py
}
"""Attacks that other tests with an engine have as well, most of them with these scripts."""

LEFT_FOR_LATER = DOCUMENTS | SHOWN_ELSEWHERE

WITHOUT_THESE = f"""
from runner.cli import doctor
from runner.cli.main import main
read_pack = doctor.read_pack
left = {LEFT_FOR_LATER}
doctor.read_pack = lambda *given: [each for each in read_pack(*given) if each.name not in left]
main()
"""

PARTS: dict[str, tuple[set[str], list[Any]]] = {
    "most": (set(ATTACKS) - LEFT_FOR_LATER, [sys.executable, "-c", WITHOUT_THESE]),
    "all": (set(ATTACKS), [RUNNER]),
}
"""What is run at each change and what is left to ``make check-long``, by the commands for them."""


@dataclass(frozen=True)
class Doctor:
    """What ``runner doctor --attack --json`` came to."""

    exit_code: int
    verdicts: dict[str, dict[str, Any]]
    progress: str


def traces(client: docker.DockerClient) -> list[str]:
    """Return the names of all that attacks could leave, besides what cases leave."""
    images = [tag for image in client.images.list() for tag in image.tags]
    networks = [str(network.name) for network in client.networks.list()]
    return [
        *(tag for tag in images if tag.startswith(REPOSITORY)),
        *(name for name in networks if name.startswith("runner-")),
    ]


@pytest.fixture(scope="module")
def layers(misbehaving: Callable[[str], str]) -> str:
    """Build the layers that all attacks share, so that every control finds them."""
    return misbehaving("no_output")


def part(name: str, *values: str) -> Any:
    return pytest.param(name, *values, marks=pytest.mark.long if name == "all" else ())


@pytest.fixture(scope="module", params=map(part, PARTS))
def doctor(request: pytest.FixtureRequest, client: docker.DockerClient, layers: str) -> Doctor:
    """Run the attacks of a part once, as an organizer does."""
    names, command = PARTS[request.param]
    ended = subprocess.run(
        [*command, "doctor", "--attack", "--json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
    )
    assert ended.stdout, ended.stderr
    verdicts = {found["name"]: found for found in json.loads(ended.stdout)["verdicts"]}
    assert verdicts.keys() == names
    return Doctor(ended.returncode, verdicts, ended.stderr)


@pytest.mark.timeout(MOST_SECONDS + 20)
def test_every_attack_is_held_and_nothing_is_left(
    client: docker.DockerClient, doctor: Doctor
) -> None:
    assert doctor.exit_code == 0, doctor.progress
    assert traces(client) == leftovers(client) == []


@pytest.mark.parametrize(
    ("doctor", "name"),
    [part(each, name) for each, (names, _) in PARTS.items() for name in sorted(names)],
    indirect=["doctor"],
)
def test_the_attack_is_held(doctor: Doctor, name: str) -> None:
    verdict = doctor.verdicts[name]
    assert verdict["breaches"] == []
    assert (verdict["found"], verdict["holds"]) == (ATTACKS[name].expected, True)
    assert f"{name}: holds" in doctor.progress


Weaken = Callable[[Body, docker.DockerClient], None]


def on_the_network(body: Body, client: docker.DockerClient) -> None:
    (network,) = client.networks.list(filters={"label": LABEL})
    body["HostConfig"]["NetworkMode"] = network.name


def without_seccomp(body: Body, _client: docker.DockerClient) -> None:
    options = body["HostConfig"]["SecurityOpt"]
    kept = [option for option in options if not option.startswith("seccomp=")]
    body["HostConfig"]["SecurityOpt"] = [*kept, "seccomp=unconfined"]


def with_new_privileges(body: Body, _client: docker.DockerClient) -> None:
    options = body["HostConfig"]["SecurityOpt"]
    kept = [option for option in options if not option.startswith("no-new-privileges")]
    body["HostConfig"]["SecurityOpt"] = kept


def as_root(body: Body, client: docker.DockerClient) -> None:
    body["User"] = "0:0"
    body["HostConfig"]["CapDrop"] = []
    body["HostConfig"]["CapAdd"] = ["SYS_ADMIN", "MKNOD", "NET_RAW"]
    without_seccomp(body, client)


def with_all_of_proc(body: Body, client: docker.DockerClient) -> None:
    as_root(body, client)
    body["HostConfig"].update({"MaskedPaths": [], "ReadonlyPaths": []})


def with_the_counts_of_the_host(body: Body, _client: docker.DockerClient) -> None:
    body["HostConfig"]["MaskedPaths"] = []


def with_the_uid_of_others(body: Body, _client: docker.DockerClient) -> None:
    body["User"] = f"{KEEPER_UID}:{KEEPER_UID}"


def with_a_device_of_the_host(body: Body, _client: docker.DockerClient) -> None:
    mount = {"Type": "bind", "Source": "/dev/kmsg", "Target": "/dev/kmsg", "ReadOnly": True}
    body["HostConfig"]["Mounts"].append(mount)


def among_the_hosts_processes(body: Body, _client: docker.DockerClient) -> None:
    body["HostConfig"]["PidMode"] = "host"


def with_a_writable_root(body: Body, _client: docker.DockerClient) -> None:
    body["HostConfig"]["ReadonlyRootfs"] = False
    body["User"] = "0:0"
    body["HostConfig"]["CapAdd"] = ["DAC_OVERRIDE"]


def with_volumes_uncovered(body: Body, _client: docker.DockerClient) -> None:
    body["HostConfig"]["Tmpfs"] = {"/tmp": "rw,mode=1777"}


def with_higher_limits(body: Body, _client: docker.DockerClient) -> None:
    higher = {"Memory": 256 * MIB, "MemorySwap": 256 * MIB, "PidsLimit": 512}
    body["HostConfig"].update({**higher, "ShmSize": 64 * MIB})
    body["HostConfig"]["Ulimits"] = [{"Name": "nofile", "Soft": 1024, "Hard": 1024}]
    body["HostConfig"]["Tmpfs"]["/tmp"] = "rw,mode=1777,size=64m"


def with_the_runners_environment(body: Body, _client: docker.DockerClient) -> None:
    body["Env"] = [*body["Env"], *(f"{name}={value}" for name, value in os.environ.items())]


def with_the_engines_socket(body: Body, client: docker.DockerClient) -> None:
    source = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")).path
    mount = {"Type": "bind", "Source": source, "Target": "/engine.sock", "ReadOnly": True}
    body["HostConfig"]["Mounts"].append(mount)


FIRST: tuple[Weaken, tuple[str, ...]] = (on_the_network, ("tcp", "udp", "dns"))
OTHERS: list[tuple[Weaken, tuple[str, ...]]] = [
    (without_seccomp, ("vsock", "keyctl", "unshare", "ptrace", "page_cache")),
    (with_new_privileges, ("setuid",)),
    (as_root, ("capabilities", "raw_socket", "mount", "mknod")),
    (with_all_of_proc, ("kernel_settings", "kernel_secrets")),
    (with_the_counts_of_the_host, ("kernel_counts",)),
    (with_the_uid_of_others, ("user_counts",)),
    (with_a_device_of_the_host, ("devices",)),
    (among_the_hosts_processes, ("processes",)),
    (with_a_writable_root, ("writable",)),
    (with_volumes_uncovered, ("volume",)),
    (with_higher_limits, ("memory", "processes_flood", "open_files", "fill_tmp")),
    (with_the_runners_environment, ("environment", "look_around")),
    (with_the_engines_socket, ("engine_socket",)),
]


def run_weakened(engine: Engine, names: tuple[str, ...]) -> list[AttackVerdict]:
    attacks: list[Attack] = [ATTACKS[name] for name in names]
    return run_attacks(engine, attacks, lambda _verdict: None)


def held(verdicts: list[AttackVerdict]) -> list[str]:
    return [verdict.attack.name for verdict in verdicts if verdict.holds]


@pytest.mark.parametrize(
    ("weaken", "names"),
    [FIRST, *(pytest.param(*other, marks=pytest.mark.long) for other in OTHERS)],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_control_with_a_protection_taken_away_the_attacks_are_told_as_not_held(
    client: docker.DockerClient,
    engine: Engine,
    layers: str,
    monkeypatch: pytest.MonkeyPatch,
    weaken: Weaken,
    names: tuple[str, ...],
) -> None:
    make_body = policy_module.predictor_body

    def weakened(*arguments: Any) -> Body:
        body = make_body(*arguments)
        weaken(body, client)
        return body

    monkeypatch.setattr(case_module, "predictor_body", weakened)
    # The engine is to be tried, not the comparison, which refuses some of these as well.
    monkeypatch.setattr(case_module, "require_attested", lambda _attestation: None)
    verdicts = run_weakened(engine, names)
    assert held(verdicts) == []
    assert len(verdicts) == len(names)
    assert [verdict for verdict in verdicts if verdict.found == ENGINE_FAULT] == []


@pytest.mark.long
def test_control_without_a_cpu_limit_a_hog_is_told_as_not_held(
    engine: Engine, layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit that is told is low. Where others keep the processors busy, it is tried again."""
    make_body = policy_module.predictor_body

    def unlimited(*arguments: Any) -> Body:
        body = make_body(*arguments)
        body["HostConfig"]["NanoCpus"] = 0
        return body

    monkeypatch.setattr(case_module, "predictor_body", unlimited)
    monkeypatch.setattr(run_module, "LIMITS", replace(LIMITS, cpus=0.1))
    told = (run_weakened(engine, ("hog_cpu",))[0].breaches for _ in range(5))
    assert "s of CPU" in next(filter(None, told))[0]


@pytest.mark.long
def test_control_an_output_without_bounds_is_told_as_not_held(
    engine: Engine, layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_bodies = policy_module.volume_bodies

    def unbounded(*arguments: Any) -> tuple[Body, Body]:
        inputs, output = make_bodies(*arguments)
        return inputs, {**output, "DriverOpts": {**output["DriverOpts"], "o": "mode=1777"}}

    monkeypatch.setattr(case_module, "volume_bodies", unbounded)
    assert held(run_weakened(engine, ("fill_output", "output_files"))) == []


def test_control_an_actual_among_the_inputs_is_found(
    engine: Engine, layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(*arguments: Any, **named: Any) -> StagedInputs:
        staged = stage_inputs(*arguments, **named)
        return StagedInputs({**staged.files, "leak": f"mean: {ACTUAL}".encode()})

    monkeypatch.setattr(staged_task_module, "stage_inputs", leaking)
    (verdict,) = run_weakened(engine, ("find_actuals",))
    assert verdict.breaches == ("the attempt succeeded: the actual stands in /input/leak: done",)


@pytest.mark.long
def test_control_a_reader_without_bounds_is_told_as_not_held(
    engine: Engine, layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "SPARE_BYTES", 16 * MIB)
    monkeypatch.setattr(predictions, "SPARE_STATS", 10_000)
    assert held(run_weakened(engine, ("too_large", "many_stats"))) == []


@pytest.mark.long
def test_control_names_that_are_not_quoted_are_told_as_shown_unescaped(
    engine: Engine, layers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "quote", lambda text: text)
    (verdict,) = run_weakened(engine, ("escape_names",))
    assert any("shown unescaped" in breach for breach in verdict.breaches)
    assert any("a spreadsheet would compute" in breach for breach in verdict.breaches)


@pytest.fixture
def collected(engine: Engine) -> Iterator[None]:
    """Remove afterwards what a test without clean-up has left, by the runner's own means."""
    yield
    collect_garbage(engine, engine_identity(engine.fetch_info()))


@pytest.mark.long
def test_control_without_clean_up_what_is_left_behind_is_told(
    engine: Engine,
    layers: str,
    collected: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_arguments: object) -> None:
        raise EngineError("The clean-up was taken away.")

    monkeypatch.setattr(sandbox_module, "remove_case", fail)
    monkeypatch.setattr(sandbox_module, "sweep", fail)
    (verdict,) = run_weakened(engine, ("no_output",))
    assert any("left behind: runner-" in breach for breach in verdict.breaches)
