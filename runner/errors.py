"""Every error that a user may meet, one exit code per class.

A message says what is wrong, where, and what to do. Outcomes of a predictor are no errors: they
stand in the report.
"""

from enum import IntEnum
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


class UsageError(RunnerError):
    """The command can't be carried out as given, e.g. the image does not exist."""

    exit_code = ExitCode.USAGE


class SuiteError(RunnerError):
    """The suite or its HELM data can't be used."""

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
