"""What a batch tells of itself while it runs: a file beside its reports, gone when it is over.

Its process holds the file, so that who reads it sees whether the batch is alive.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

BATCH_FILE = ".batch-{}.json"

_FORM = ConfigDict(defer_build=True, extra="forbid", frozen=True, allow_inf_nan=False)


class BatchRow(BaseModel):
    """The cases of an image on a suite, with those of further runs.

    Attributes:
        report: the name of the report's folder, beside the batch's file.
        over: how many are over; ``failed`` is how many of them were not scored.
        seconds_left: None if nobody can tell yet.
    """

    model_config = _FORM

    image: str
    suite: str
    report: str
    cases: int
    over: int
    failed: int
    running: int
    seconds_left: float | None


class RunningBatch(BaseModel):
    """How far a batch is.

    Attributes:
        began: when, as ISO 8601 has it.
    """

    model_config = _FORM

    began: datetime
    seconds_left: float | None
    rows: tuple[BatchRow, ...]
