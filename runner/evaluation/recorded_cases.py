"""Writes how far a running batch is to its file, and removes the file when the batch is over."""

import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from runner.errors import RunnerError
from runner.evaluation.case_counts import CaseCounts
from runner.evaluation.passes import CaseProgress, Pass
from runner.evaluation.running_batch import BATCH_FILE, BatchRow, RunningBatch
from runner.evaluation.task import CaseTask
from runner.evaluation.verdict import JudgedCase
from runner.files.locks import new_held_file, unheld_file
from runner.files.stores import is_remote
from runner.files.whole_writes import PRIVATE_DIRECTORY, PRIVATE_FILE
from runner.sandbox.outcome import Outcome

WRITE_SECONDS = 1.0


@contextmanager
def record_batch(passes: Mapping[Path, Pass], shown: CaseProgress) -> Iterator[CaseProgress]:
    """Yield a progress that shows what the given one does, and keeps the batch's file.

    The file can't be written, e.g. because the disk is full: then there is none, and the batch
    goes on. At a URL there is none either.

    Args:
        passes: the first pass of each evaluation, by its report's directory.
    """
    recorded = RecordedCases(passes, shown)
    stop = threading.Event()
    writer = threading.Thread(target=recorded.keep, args=(stop,), daemon=True)
    with ExitStack() as cleanup:
        cleanup.callback(recorded.close)
        writer.start()
        cleanup.callback(writer.join)
        cleanup.callback(stop.set)
        yield recorded


class RecordedCases:
    """A ``CaseProgress`` that counts, and writes the counts from time to time."""

    def __init__(self, passes: Mapping[Path, Pass], shown: CaseProgress) -> None:
        self._reports = {
            (one.image.reference, one.suite.name): path for path, one in passes.items()
        }
        self._shown = shown
        self._lock = threading.Lock()
        self._counts: dict[Path, CaseCounts] = {}
        self._files: dict[Path, _BatchFile] = {}
        self._began = datetime.now(UTC)

    def say(self, line: str) -> None:
        """Show a line."""
        self._shown.say(line)

    def expect(self, passes: Sequence[Pass]) -> None:
        """Note the cases of each reports' folder."""
        with self._lock:
            for one in passes:
                key = (one.image.reference, one.suite.name)
                counts = self._counts.setdefault(self._reports[key].parent, CaseCounts())
                counts.expect(*key, len(one.suite.manifest.cases))
        self._shown.expect(passes)

    def find(self, pass_: Pass, cases: int) -> None:
        """Count what finished earlier."""
        key = (pass_.image.reference, pass_.suite.name)
        with self._lock:
            self._counts[self._reports[key].parent].find(*key, cases)
        self._shown.find(pass_, cases)

    def begin(self, task: CaseTask) -> None:
        """Count a case that runs."""
        with self._lock:
            self._of(task).begin(task)
        self._shown.begin(task)

    def end(self, pass_: Pass, case: str, ended: JudgedCase | RunnerError) -> None:
        """Count a case that is over."""
        task = pass_.task(case)
        is_scored = isinstance(ended, JudgedCase) and ended.verdict.outcome is Outcome.SCORED
        with self._lock:
            self._of(task).end(task, failed=not is_scored)
        self._shown.end(pass_, case, ended)

    def _of(self, task: CaseTask) -> CaseCounts:
        return self._counts[self._reports[task.image.reference, task.suite].parent]

    def keep(self, stop: threading.Event) -> None:
        """Write the files until the batch is over."""
        while not stop.wait(WRITE_SECONDS):
            self.write()

    def write(self) -> None:
        """Write how far the batch is, in each folder of its reports."""
        with self._lock:
            states = {place: self._state(counts) for place, counts in self._counts.items()}
        for place, state in states.items():
            if is_remote(place):
                continue
            with suppress(OSError):  # what is lost is the view alone; a report's own fault is told
                if place not in self._files:
                    self._files[place] = _BatchFile(place)
                self._files[place].write(state.model_dump_json())

    def close(self) -> None:
        """Remove the files."""
        for file in self._files.values():
            file.remove()

    def _state(self, counts: CaseCounts) -> RunningBatch:
        now = time.monotonic()
        rows = (
            BatchRow(
                image=image,
                suite=suite,
                report=self._reports[image, suite].name,
                cases=count.cases,
                over=count.over,
                failed=count.failed,
                running=len(count.running),
                seconds_left=count.seconds_left(now),
            )
            for image, suite, count in counts.each()
        )
        left = counts.whole.seconds_left(now)
        return RunningBatch(began=self._began, seconds_left=left, rows=tuple(rows))


class _BatchFile:
    """The file in one folder of reports; those that killed batches left there are removed."""

    def __init__(self, place: Path) -> None:
        self._made = [folder for folder in (place, *place.parents) if not folder.exists()]
        place.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        for left in place.glob(BATCH_FILE.format("*")):
            with suppress(OSError), unheld_file(left):
                left.unlink()
        self._path = place / BATCH_FILE.format(secrets.token_hex(4))
        self._held = ExitStack()
        self._file: BinaryIO = self._held.enter_context(new_held_file(self._path))
        os.fchmod(self._file.fileno(), PRIVATE_FILE)
        self._length = 0

    def write(self, text: str) -> None:
        """Replace the content by one write, so that nobody reads two halves."""
        content = text.encode()
        self._length = max(self._length, len(content))
        os.pwrite(self._file.fileno(), content.ljust(self._length), 0)

    def remove(self) -> None:
        """Remove the file, and the folders that were made for it if nothing else is in them."""
        with suppress(OSError):
            self._path.unlink()
        self._held.close()
        with suppress(OSError):  # one has a report
            for folder in self._made:
                folder.rmdir()
