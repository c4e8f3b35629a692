"""One case in one container: volumes, inputs in, run to the end or the deadline, output out."""

import io
import secrets
import tarfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, cast

import docker
import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from runner.contract.layout import INPUT_DIR, OUTPUT_DIR, PREDICTIONS
from runner.errors import EngineError
from runner.sandbox.engine import Image, engine_errors
from runner.sandbox.keeper import ensure_keeper_image
from runner.sandbox.limits import Limits
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import BYTES_AS_BASE64, Output, read_output
from runner.sandbox.policy import (
    KEEPER_PROGRAM,
    SandboxNames,
    keeper_arguments,
    output_volume_options,
    predictor_arguments,
)

NOT_STARTED_EXIT_CODE = 127
"""The exit code of a shell, and of the engine, for a program that can't be started."""

KILL_SECONDS = 30
"""How long the engine may take to end a killed container before it counts as broken."""

HEARTBEAT_SECONDS = 30
"""How often a long run is announced, and the engine asked whether it is still there."""


@dataclass(frozen=True)
class SandboxRun:
    """What is left of a container after it is gone: its end, its output, its log."""

    __pydantic_config__: ClassVar = BYTES_AS_BASE64

    end: ContainerEnd
    output: Output
    log: bytes


def run_sandboxed(
    client: docker.DockerClient,
    image: Image,
    files: Mapping[str, bytes],
    limits: Limits,
    announce: Callable[[str], None],
    wanted: Sequence[str] = (PREDICTIONS,),
) -> SandboxRun:
    """Run an image on staged inputs and return what came of it.

    Whatever happens, the containers and volumes of the case are removed.

    Args:
        files: content by path below ``/input``.
        announce: called now and then, with one line, while the container runs.
        wanted: names of files of ``/output`` to read.

    Raises:
        EngineError: the engine failed, so nothing can be said about the predictor.
    """
    names = SandboxNames(secrets.token_hex(6))
    with ExitStack() as cleanup:
        _create_volumes(client, names, limits, cleanup)
        keeper = _start_keeper(client, names, cleanup)
        _put_inputs(keeper, files)
        end, log = _run_predictor(client, image, limits, names, announce)
        # Only now, with the predictor gone, is anything read that it could have been writing.
        with engine_errors("read /output"):
            # The engine holds the keeper's lock until its stream is read or closed, and a stream
            # that is too long is not read on: unclosed, the removals below would wait for ever.
            stream = cast("Generator[bytes]", keeper.get_archive(str(OUTPUT_DIR))[0])
            with closing(stream) as chunks:
                output = read_output(chunks, limits, wanted)
        _require_running(keeper)
    return SandboxRun(replace(end, output_full=output.full), output, log)


def _create_volumes(
    client: docker.DockerClient, names: SandboxNames, limits: Limits, cleanup: ExitStack
) -> None:
    options = {names.input_volume: {}, names.output_volume: output_volume_options(limits)}
    for name, driver_opts in options.items():
        cleanup.callback(_remove_volume, client, name)
        with engine_errors(f"create the volume {name}"):
            client.volumes.create(
                name, driver="local", driver_opts=driver_opts, labels=names.labels
            )


def _start_keeper(
    client: docker.DockerClient, names: SandboxNames, cleanup: ExitStack
) -> Container:
    image_id = ensure_keeper_image(client)
    cleanup.callback(_remove_container, client, names.keeper)
    with engine_errors("start the keeper"):
        keeper = client.containers.create(**keeper_arguments(image_id, names))
        keeper.start()
    return keeper


def _require_running(keeper: Container) -> None:
    """Refuse what was read if the keeper has stopped: /output was emptied by that."""
    with engine_errors("inspect the keeper"):
        keeper.reload()
    if keeper.status != "running":
        raise EngineError(f"{keeper.name} was stopped from outside, so the output is lost.")


def _put_inputs(keeper: Container, files: Mapping[str, bytes]) -> None:
    with engine_errors(f"copy the inputs to {INPUT_DIR} (is the host's disk full?)"):
        keeper.put_archive(str(INPUT_DIR), input_archive(files))


def input_archive(files: Mapping[str, bytes]) -> bytes:
    """Return a tar of the files that tells nothing else: owner root, no times, names sorted."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folders = sorted({name.rsplit("/", 1)[0] for name in files if "/" in name})
        for folder in folders:
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o555
            archive.addfile(member)
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o444
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _run_predictor(
    client: docker.DockerClient,
    image: Image,
    limits: Limits,
    names: SandboxNames,
    announce: Callable[[str], None],
) -> tuple[ContainerEnd, bytes]:
    arguments = predictor_arguments(image.id, image.declared_volumes, limits, names)
    with ExitStack() as cleanup:
        cleanup.callback(_remove_container, client, names.predictor)
        try:
            container = _start_or_again(client, arguments, names)
        except EngineError as error:
            reason = _refusal(error)
            if reason is None:
                raise
            _remove_container(client, names.predictor)
            _start_control(client, limits, names)
            return _never_started(reason), b""
        killed = _wait_or_kill(container, limits.wall_seconds, announce)
        with engine_errors("inspect the predictor's container"):
            container.reload()
            end = _container_end(container.attrs["State"], killed)
            log = container.logs(tail="all")
    return end, log[-limits.log_bytes :]


def _start(client: docker.DockerClient, arguments: Mapping[str, Any]) -> Container:
    with engine_errors("start the predictor"):
        container = client.containers.create(**arguments)
        container.start()
    return container


def _start_or_again(
    client: docker.DockerClient, arguments: Mapping[str, Any], names: SandboxNames
) -> Container:
    """Start the container, a second time if the engine refuses: a busy one does now and then."""
    try:
        return _start(client, arguments)
    except EngineError as error:
        if _refusal(error) is None:
            raise
        _remove_container(client, names.predictor)
        return _start(client, arguments)


def _refusal(error: EngineError) -> str | None:
    """Return why an engine that answers would not start the container, or None if it is gone."""
    cause = error.__cause__
    if isinstance(cause, APIError) and not isinstance(cause, NotFound):
        return str(cause.explanation)
    return None


def _start_control(client: docker.DockerClient, limits: Limits, names: SandboxNames) -> None:
    """Start the keeper's image in the predictor's place, under the same policy and limits.

    If that can be done, it is the predictor's image that can't be started, e.g. for want of an
    entrypoint. If not, this raises: the engine or the host is at fault.
    """
    with ExitStack() as cleanup:
        cleanup.callback(_remove_container, client, names.predictor)
        arguments = predictor_arguments(ensure_keeper_image(client), (), limits, names)
        _start(client, {**arguments, "entrypoint": [KEEPER_PROGRAM]})


def _never_started(reason: str) -> ContainerEnd:
    return ContainerEnd(
        exit_code=NOT_STARTED_EXIT_CODE,
        oom_killed=False,
        killed_at_deadline=False,
        output_full=False,
        start_error=reason,
        wall_seconds=0.0,
    )


def _wait_or_kill(
    container: Container, wall_seconds: float, announce: Callable[[str], None]
) -> bool:
    """Wait for the container's end; return whether it had to be killed at the deadline."""
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < wall_seconds:
        if elapsed >= HEARTBEAT_SECONDS:
            announce(f"still running after {elapsed:.0f} s of at most {wall_seconds:g} s")
        if _ended_by(container, started + min(elapsed + HEARTBEAT_SECONDS, wall_seconds)):
            return False
    with engine_errors("kill the predictor at its deadline"):
        try:
            container.kill()
        except APIError as error:
            if error.status_code != requests.codes.conflict:  # it ended by itself just now
                raise
    if not _ended_by(container, time.monotonic() + KILL_SECONDS):
        raise EngineError(f"{container.name} was killed but is still running; look at the engine.")
    return True


def _ended_by(container: Container, deadline: float) -> bool:
    # wait(timeout=) bounds the HTTP read, not the container (docker-py #2964), and raises
    # ConnectionError for it, so the deadline is ours. Drop when the SDK offers one.
    while (left := deadline - time.monotonic()) > 0:
        try:
            with engine_errors("wait for the predictor"):
                container.wait(timeout=left)
        except EngineError as error:
            if not isinstance(error.__cause__, requests.ConnectionError | requests.Timeout):
                raise
            with engine_errors("answer while a predictor runs"):
                container.client.ping()  # type: ignore[union-attr]
        else:
            return True
    return False


def _container_end(state: Mapping[str, Any], killed: bool) -> ContainerEnd:
    return ContainerEnd(
        exit_code=state["ExitCode"],
        oom_killed=state["OOMKilled"],
        killed_at_deadline=killed,
        output_full=False,
        start_error=None,
        wall_seconds=_seconds_between(state["StartedAt"], state["FinishedAt"]),
    )


def _seconds_between(started: str, finished: str) -> float:
    duration = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return max(0.0, duration.total_seconds())


def _remove_container(client: docker.DockerClient, name: str) -> None:
    # v=True also removes anonymous volumes, which carry no label to find them by.
    _remove(f"the container {name}", partial(client.api.remove_container, name, v=True, force=True))


def _remove_volume(client: docker.DockerClient, name: str) -> None:
    _remove(f"the volume {name}", partial(client.api.remove_volume, name))


def _remove(what: str, remove: Callable[[], None]) -> None:
    """Remove something, to the end even if an interrupt comes meanwhile; that goes on afterwards.

    What is not there any more is fine.
    """
    with engine_errors(f"remove {what}"), suppress(NotFound):
        try:
            remove()
        except KeyboardInterrupt:
            with suppress(NotFound):
                remove()
            raise
