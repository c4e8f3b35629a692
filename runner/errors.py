"""Every error that a user may meet, one exit code per class.

Each message says what is wrong, where, and what to do. How a predictor's run ended is not an
error: the report has it.
"""

from enum import IntEnum
from http import HTTPStatus
from typing import ClassVar


class ExitCode(IntEnum):
    """The exit codes of the ``runner`` command."""

    SCORED = 0
    BUG = 1
    USAGE = 2
    BAD_SUITE = 3
    PREDICTOR_FAULT = 4
    ENGINE_FAULT = 5
    BELOW_GATE = 6
    INTERRUPTED = 130


class RunnerError(Exception):
    """An expected failure; its text is for the user."""

    exit_code: ClassVar[ExitCode]


class BugError(RunnerError):
    """A bug of the runner; its text says in which file the traceback is."""

    exit_code = ExitCode.BUG


class UsageError(RunnerError):
    """The command can't be carried out as given, e.g. the image does not exist."""

    exit_code = ExitCode.USAGE


class SuiteError(RunnerError):
    """The suite or its HELM data can't be used."""

    exit_code = ExitCode.BAD_SUITE


class CardError(RunnerError):
    """The evaluation card is wrong, or what it needs before its claim fails."""

    exit_code = ExitCode.BAD_SUITE


class BuildError(RunnerError):
    """The predictor's folder can't be made into an image."""

    exit_code = ExitCode.PREDICTOR_FAULT


class SubmissionError(RunnerError):
    """A participant's submission breaks the rules; its text may be shown to anyone."""

    exit_code = ExitCode.PREDICTOR_FAULT


class EngineError(RunnerError):
    """The container engine or the host failed; says nothing about the predictor. Retry."""

    exit_code = ExitCode.ENGINE_FAULT


class EngineLostError(EngineError):
    """The engine, or the way to it, did not answer; the request may have been carried out."""


class LackOfRoomError(EngineError):
    """The engine's disk has no room for an image.

    Attributes:
        needed_bytes: how much must be free there, at least.
        is_guess: whether that is not known, and less may do.
    """

    # The defaults are needed: unpickling makes an error from its message alone.
    def __init__(self, message: str, needed_bytes: int = 0, *, is_guess: bool = False) -> None:
        super().__init__(message)
        self.needed_bytes, self.is_guess = needed_bytes, is_guess


class NoRoomError(LackOfRoomError):
    """The engine's disk is nearly full; no registry was asked for anything."""


class EngineRefusedError(EngineError):
    """The engine answered that it can't, or won't, carry out the request.

    Attributes:
        status: the HTTP status of its answer; 0 if there was none.
        reason: the engine's own words, not yet made printable.
    """

    # The defaults are needed: unpickling makes an error from its message alone.
    def __init__(self, message: str, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status, self.reason = status, reason

    @property
    def blames_request(self) -> bool:
        """Return whether the fault lies in the request, not in the engine."""
        return HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR


class SettingsNotKeptError(EngineError):
    """The engine has other settings for a container than were asked for.

    Attributes:
        reason: the same in words for the image's author, should the image be what it changes.
    """

    # The default is needed: unpickling makes an error from its message alone.
    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class NotOnEngineError(EngineRefusedError):
    """The engine has no such image, container, volume or network."""
