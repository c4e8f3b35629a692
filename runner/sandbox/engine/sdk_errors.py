"""Errors of Docker's SDK turned into the runner's own."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from docker.errors import APIError, DockerException, NotFound
from urllib3.exceptions import HTTPError

from runner.errors import EngineLostError, EngineRefusedError, NotOnEngineError
from runner.untrusted import printable

try:
    from paramiko import SSHException
except ImportError:  # an engine behind SSH needs an extra
    _OF_SSH: tuple[type[Exception], ...] = ()
else:
    _OF_SSH = (SSHException, EOFError)

NO_ANSWER: tuple[type[Exception], ...] = (
    DockerException,
    requests.RequestException,
    HTTPError,  # of pulls, builds and loads: the SDK reads their events without requests
    *_OF_SSH,
)
"""What the SDK raises if the engine, or the way to it, does not answer."""

NO_CONNECTION: tuple[type[Exception], ...] = (*NO_ANSWER, OSError)
"""What it raises if there is no way to the engine."""


@contextmanager
def engine_errors(action: str) -> Iterator[None]:
    """Turn every failure of the engine, or of the connection to it, into an EngineError.

    Args:
        action: what was tried, in the words that complete "could not ...".
    """
    try:
        yield
    except APIError as error:
        reason = str(error.explanation or error)
        kind = NotOnEngineError if isinstance(error, NotFound) else EngineRefusedError
        raise kind(
            f"The engine could not {action}: {printable(reason)}", error.status_code or 0, reason
        ) from error
    except NO_ANSWER as error:
        raise EngineLostError(
            f"The engine was lost while trying to {action} ({error}). Check whether `docker info` "
            "answers, then run the same command again."
        ) from error
