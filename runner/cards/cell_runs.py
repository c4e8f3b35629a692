"""Runs the cells of a card, several at a time, each in a container of its own; keeps what ran."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event

from runner.cards.card_file import CardFile
from runner.cards.cell_inputs import PROGRAM, CellInputs, SharedInputs, cell_inputs
from runner.cards.cell_result import CellResult, JudgedCell, read_cell
from runner.cards.cells import Cell, list_cells
from runner.cards.finished_cells import FinishedCell, FinishedCells
from runner.cards.in_container.main import RESULT
from runner.errors import CardError, EngineError, UsageError
from runner.evaluation.budget import Budget
from runner.evaluation.executor import MOST_ATTEMPTS, PAUSE_SECONDS, next_of
from runner.progress import Progress
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import Sandbox, open_sandbox
from runner.sandbox.sandbox_run import SandboxRun


@dataclass(frozen=True)
class CardRun:
    """How the cells of a card run.

    Attributes:
        image: what their Python runs in.
        policy: what each container may use.
        jobs: how many run at a time; None for as many as the engine's host has room for.
        rerun: whether finished cells run again.
    """

    engine: Engine
    image: Image
    policy: SandboxPolicy
    jobs: int | None
    rerun: bool
    progress: Progress

    def judge(
        self, read: CardFile, shared: SharedInputs, finished: FinishedCells
    ) -> list[JudgedCell]:
        """Return how each cell ended, in the card's order.

        Raises:
            CardError: one of them aborts the card; those that had begun are kept.
            EngineError: the engine failed; the same command goes on.
        """
        cells = list_cells(read)
        inputs = {c.id: cell_inputs(read, c, shared, self.image, self.policy) for c in cells}
        known: dict[str, FinishedCell] = {}
        for cell in () if self.rerun else cells:
            found = finished.find(inputs[cell.id].digest)
            if found is not None:
                known[cell.id] = found
        judged = {cell.id: self._judge(cell, known[cell.id]) for cell in cells if cell.id in known}
        if known:
            self.progress.say(f"{len(known)} of {len(cells)} cells have run before")
        waiting = [cell for cell in cells if cell.id not in known]
        if waiting:
            judged |= self._run_all(waiting, inputs, finished)
        return [JudgedCell(cell, judged[cell.id]) for cell in cells]

    def _run_all(
        self, cells: Sequence[Cell], inputs: Mapping[str, CellInputs], finished: FinishedCells
    ) -> dict[str, CellResult]:
        jobs = self._jobs()
        judged, stopping = {}, Event()
        with (
            open_sandbox(self.engine, self.progress.say, jobs) as sandbox,
            self.progress.task("cells", len(cells)) as task,
            _threads(jobs, sandbox, stopping) as threads,
        ):
            begun = {
                threads.submit(self._run, sandbox, stopping, cell, inputs[cell.id]): cell
                for cell in cells
            }
            for future in _as_completed(begun):
                cell, ended = begun[future], future.result()
                finished.keep(inputs[cell.id].digest, ended)
                judged[cell.id] = self._judge(cell, ended)
                task.advance()
        return judged

    def _jobs(self) -> int:
        host = Budget.of_host(self.engine.fetch_info())
        need = Budget.of_case(self.policy.limits)
        if not host.holds(need):
            raise UsageError(f"One cell may use {need}; the engine's host has {host}.")
        fitting = int(min(host.cpus / need.cpus, host.memory_bytes / need.memory_bytes))
        return min(fitting, self.jobs or fitting)

    def _run(
        self, sandbox: Sandbox, stopping: Event, cell: Cell, inputs: CellInputs
    ) -> FinishedCell:
        """Run a cell, again after a fault of the engine."""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                run = self._run_once(sandbox, cell, inputs)
            except EngineError as error:
                if attempt == MOST_ATTEMPTS or stopping.is_set():
                    raise
                self.progress.say(f"{error} Trying again.")
                stopping.wait(PAUSE_SECONDS)
            else:
                break
        return FinishedCell(datetime.now(UTC).isoformat(timespec="seconds"), run)

    def _run_once(self, sandbox: Sandbox, cell: Cell, inputs: CellInputs) -> SandboxRun:
        def say(line: str) -> None:
            self.progress.say(f"cell {cell.title}: {line}")

        image = replace(self.image, entrypoint=PROGRAM, command=())
        return sandbox.run(sandbox.prepare(image, self.policy, inputs.stage), [RESULT], say)

    def _judge(self, cell: Cell, ended: FinishedCell) -> CellResult:
        try:
            return read_cell(ended.run, self.policy.limits, ended.timestamp)
        except CardError as error:
            raise CardError(
                f"The card is aborted, as MAGNET aborts it. Cell {cell.id} ({cell.title}): {error}"
            ) from error


def _as_completed(futures: Collection[Future[FinishedCell]]) -> Iterator[Future[FinishedCell]]:
    """Yield futures as they end."""
    ended: SimpleQueue[Future[FinishedCell]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(ended.put)
    for _ in futures:
        yield next_of(ended)


@contextmanager
def _threads(jobs: int, sandbox: Sandbox, stopping: Event) -> Iterator[ThreadPoolExecutor]:
    """Yield threads that run cells; if the work is broken off, what has not begun never will."""
    pool = ThreadPoolExecutor(jobs)
    try:
        yield pool
    except BaseException:
        stopping.set()
        pool.shutdown(wait=False, cancel_futures=True)
        sandbox.stop()
        raise
    finally:
        pool.shutdown()
