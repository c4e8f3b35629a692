"""One container on the engine."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from runner.contract.limits import MIB
from runner.sandbox.engine.sdk_errors import engine_errors


class Container:
    """A handle on one container; ``Engine.create_container`` makes it.

    Every method asks the engine again, and raises an EngineError as the methods of ``Engine`` do.

    Attributes:
        id: the engine's.
        name: unique on the engine.
        role: what errors call it, e.g. "the predictor".
    """

    def __init__(self, api: Any, container_id: str, name: str, role: str) -> None:
        self._api, self.id, self.name, self.role = api, container_id, name, role

    def start(self) -> None:
        """Start it."""
        with engine_errors(f"start {self.role}"):
            self._api.start(self.id)

    def kill(self) -> None:
        """Send it SIGKILL; the engine refuses with status 409 if it does not run."""
        with engine_errors(f"kill {self.role}"):
            self._api.kill(self.id)

    def wait(self, seconds: float) -> None:
        """Return when it has ended.

        Raises:
            EngineLostError: it still runs after that many seconds, or the engine does not answer.
        """
        # The timeout bounds the HTTP read, not the container (docker-py #2964), and a timeout
        # looks like a lost engine. Drop when the SDK distinguishes the two.
        with engine_errors(f"wait for {self.role}"):
            self._api.wait(self.id, timeout=seconds)

    def run_inside(self, command: Sequence[str], user: str) -> tuple[int, bytes]:
        """Run a program in it, which must be running; return the exit code and what was printed."""
        with engine_errors(f"run a program in {self.role}"):
            program = self._api.exec_create(self.id, list(command), user=user)["Id"]
            said = self._api.exec_start(program)
            return int(self._api.exec_inspect(program)["ExitCode"]), bytes(said)

    def commit(self) -> str:
        """Make an image without a name of its files and settings; return the image's ID."""
        with engine_errors(f"make an image of {self.role} (is the host's disk full?)"):
            return str(self._api.commit(self.id)["Id"])

    def inspect(self) -> Mapping[str, Any]:
        """Return the engine's answer to ``GET /containers/{id}/json``."""
        with engine_errors(f"inspect {self.role}"):
            return cast("Mapping[str, Any]", self._api.inspect_container(self.id))

    def fetch_stats(self) -> Mapping[str, Any]:
        """Return the engine's answer to ``GET /containers/{id}/stats``: current values."""
        with engine_errors(f"measure what {self.role} uses"):
            stats = self._api.stats(self.id, stream=False, one_shot=True)
            return cast("Mapping[str, Any]", stats)

    def fetch_log(self) -> bytes:
        """Return what it printed, as far as the engine still has it."""
        with engine_errors(f"read the log of {self.role}"):
            return cast("bytes", self._api.logs(self.id))

    def fetch_events(self, since: float, until: float) -> list[Mapping[str, Any]]:
        """Return the events that the engine recorded about it, oldest first.

        Args:
            since, until: in seconds since 1970.
        """
        with engine_errors(f"find out what happened to {self.role}"):
            events = self._api.events(
                since=f"{since:.9f}",
                until=f"{until:.9f}",
                filters={"container": self.id, "type": "container"},
                decode=True,
            )
            return list(events)

    def put_archive(self, folder: PurePosixPath, archive: bytes | BinaryIO) -> None:
        """Unpack a tar into one of its folders."""
        with engine_errors(f"copy files to {folder} of {self.role} (is the host's disk full?)"):
            self._api.put_archive(self.id, str(folder), archive)

    def read_files(self) -> None:
        """Let the engine read each of its files once, so that their pages are in memory."""
        with (
            engine_errors(f"read the files of {self.role}"),
            closing(self._api.export(self.id, chunk_size=MIB)) as chunks,
        ):
            deque(chunks, maxlen=0)  # keeps none of them

    @contextmanager
    def streaming_archive(self, folder: PurePosixPath) -> Iterator[Iterable[bytes]]:
        """Yield one of its folders as a tar, in chunks; errors in the block are converted too."""
        with engine_errors(f"read {folder} of {self.role}"):
            # The engine holds the container's lock until its stream is read to the end or closed. A
            # stream that is too long is not read to the end: it must be closed, or the removals
            # would wait for ever.
            stream = cast("Generator[bytes]", self._api.get_archive(self.id, str(folder))[0])
            with closing(stream) as chunks:
                yield chunks
