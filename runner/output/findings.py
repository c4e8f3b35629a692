"""What is wrong with a predictor's output: where, what, and how to mend it.

Every text here that a predictor wrote is quoted, escaped and cut, so that a finding can be shown.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

MOST_SHOWN = 20
"""Findings that are kept in words; the rest are counted."""

MOST_COUNTED = 1000
"""After this many the reading ends: they bound its time, and no author reads more."""


class Cause(StrEnum):
    """Why an output is invalid. A closed set, so that participants can be told."""

    NO_OUTPUT = "no_output"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    BAD_NUMBER = "bad_number"
    LONE_SURROGATE = "lone_surrogate"
    NOT_THE_CONTRACT = "not_the_contract"
    WRONG_VERSION = "wrong_version"
    MISSING_TARGET = "missing_target"
    DOUBLED_TARGET = "doubled_target"


@dataclass(frozen=True)
class OutputPlace:
    """Where in an output: each part as it is shown, or None where the place is wider.

    Attributes:
        run: the run's name, quoted.
        instance: the instance's id, quoted, and its trial.
        stat: the stat's position in its list, from 0, and its name if it has one, quoted.
        field: the member of the stat, or of what is wider, e.g. ``perturbation.prob``.
        value: what stands there, as JSON, cut.
    """

    run: str | None = None
    instance: str | None = None
    stat: str | None = None
    field: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        """Return e.g. ``run 'boolq', stat 3 'predicted_f1', mean is "0.5"``."""
        parts = [
            f"{word} {text}"
            for word, text in (("run", self.run), ("instance", self.instance), ("stat", self.stat))
            if text is not None
        ]
        if self.field is not None:
            parts.append(self.field if self.value is None else f"{self.field} is {self.value}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Finding:
    """One fault of an output: its cause, where, what is wrong, and how to mend it if known."""

    cause: Cause
    place: OutputPlace
    what: str
    hint: str | None = None

    def __str__(self) -> str:
        """Return one printable line."""
        place = str(self.place)
        return (f"{place}: " if place else "") + self.what + (f"; {self.hint}" if self.hint else "")


class InvalidOutputError(Exception):
    """The predictor's output breaks the contract; becomes the outcome ``invalid_output``.

    Attributes:
        cause: that of the first finding.
        findings: the first of them, at most MOST_SHOWN.
        count: how many there are.
        stopped: reading ended at MOST_COUNTED, so that there may be more.
        file: the name of the output file, once it is known.
    """

    def __init__(self, findings: tuple[Finding, ...], count: int, *, stopped: bool = False) -> None:
        super().__init__(findings, count)
        self.findings = findings
        self.count = count
        self.stopped = stopped
        self.cause = findings[0].cause
        self.file: str | None = None

    def __str__(self) -> str:
        """Return the file and all findings in one printable line."""
        return self._words() if self.file is None else f"{self.file}: {self._words()}"

    def _words(self) -> str:
        if self.count == 1:
            return str(self.findings[0])
        numbered = [f"({number}) {text}" for number, text in enumerate(self.findings, start=1)]
        rest = self.count - len(self.findings)
        numbered += [f"and {rest} more"] if rest else []
        more = " or more" if self.stopped else ""
        return f"{self.count}{more} findings: " + "; ".join(numbered)


_NEXT = re.compile(r"(?:(?<= findings): |; )\(\d+\) |; (?=and \d+ more$)")


def message_lines(message: str) -> list[str]:
    """Return the message of an InvalidOutputError line by line: how many there are, then each.

    It is for the eye alone: a text of the predictor that looks like our numbers divides its line.
    """
    several = re.search(r"\d+(?: or more)? findings: \(1\) ", message)
    return _NEXT.split(message) if several else [message]


class Findings:
    """The findings so far, of which the first are kept and all are counted."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self.count = 0
        self.is_partly_unread = False
        """A finding wider than one stat: what is below it has not been looked at."""

    def add(self, finding: Finding) -> None:
        """Keep or count one more.

        Raises:
            InvalidOutputError: there are MOST_COUNTED findings, so reading ends.
        """
        self.count += 1
        self.is_partly_unread |= finding.place.stat is None
        if len(self._kept) < MOST_SHOWN:
            self._kept.append(finding)
        if self.count == MOST_COUNTED:
            raise InvalidOutputError(tuple(self._kept), self.count, stopped=True)

    def count_more(self, count: int) -> None:
        """Count findings that would not be kept anyway."""
        self.count += count

    @property
    def room(self) -> int:
        """Return how many more findings would be kept."""
        return MOST_SHOWN - len(self._kept)

    def raise_if_any(self) -> None:
        """Raise InvalidOutputError with all findings, if there are any."""
        if self._kept:
            raise InvalidOutputError(tuple(self._kept), self.count)


def refusal(cause: Cause, what: str, hint: str | None = None) -> InvalidOutputError:
    """Return the error for an output of which nothing more can be read."""
    return InvalidOutputError((Finding(cause, OutputPlace(), what, hint),), 1)
