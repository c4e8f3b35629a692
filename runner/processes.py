"""Work in several processes: in one of them, Python's lock lets one thread at a time compute.

Not by ``multiprocessing``, whose processes run the main script again: a user's script would build
its suite in each of them. And a copy of this process would wait for threads that it has not.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Self, TypeVar

from runner.errors import EngineError

Item = TypeVar("Item")
Result = TypeVar("Result")

ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""Settings of the libraries: the processes take the cores, and their threads would only wait."""

NEW_OBJECTS = 50_000
"""How many more there are before a process looks for cycles that nobody uses; by default 700."""

WAITING = 2
"""How many results for each process may wait to be used."""

INTERRUPTIBLE = threading.TIMEOUT_MAX
"""A timeout, however long: Polars handles SIGINT in a way that does not end a wait without one."""


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def map_in_processes(
    function: Callable[[Item], Result], items: Iterable[Item], processes: int, scratch: Path
) -> Generator[Result]:
    """Yield the result for each item, in order. Close it to end the processes at once.

    Args:
        function: of a module, not one of ``__main__``.
        scratch: where the processes put temporary files; a process that ends leaves its own.

    Raises:
        EngineError: a process was ended from outside.
        Exception: what the function raised.
    """
    with Processes(processes, scratch) as workers:
        yield from workers.map(function, items)


class Processes:
    """Processes that call functions, until the block is left: then they end at once."""

    def __init__(self, number: int, scratch: Path) -> None:
        """Start this many, as ``map_in_processes`` describes them."""
        self._workers = [_Worker(scratch) for _ in range(number)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="ask-process")

    def __enter__(self) -> Self:
        """Return the processes."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            worker.end()
        self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
        """Yield the result for each item, in order; the first items are begun at once.

        Raises:
            EngineError: a process was ended from outside.
            Exception: what the function raised.
        """
        left = iter(items)
        first = islice(left, WAITING * len(self._workers))
        asked = deque(self._pool.submit(self._ask, function, item) for item in first)
        return self._results(function, left, asked)

    def _results(
        self,
        function: Callable[[Item], Result],
        left: Iterable[Item],
        asked: deque[Future[Result]],
    ) -> Generator[Result]:
        for item in left:
            yield asked.popleft().result(INTERRUPTIBLE)
            asked.append(self._pool.submit(self._ask, function, item))
        while asked:
            yield asked.popleft().result(INTERRUPTIBLE)

    def _ask(self, function: Callable[[Item], Result], item: Item) -> Result:
        worker = self._idle.get()
        try:
            result: Result = worker.ask((function, item))
            return result
        finally:
            self._idle.put(worker)


class _Worker:
    """A process that calls functions."""

    def __init__(self, scratch: Path) -> None:
        find_runner = f"import sys; sys.path[:] = {sys.path!r}"
        code = f"{find_runner}; from runner.processes import serve; serve()"
        self._process = subprocess.Popen(  # noqa: S603  (this interpreter, our own code)
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD, "TMPDIR": str(scratch)},
        )

    def ask(self, call: tuple[Callable[[Any], Any], Any]) -> Any:
        """Return what a function returns, or raise what it raises."""
        assert self._process.stdin is not None  # noqa: S101  (as asked for above)
        assert self._process.stdout is not None  # noqa: S101
        try:
            _send(self._process.stdin, call)
            is_result, answer = pickle.load(self._process.stdout)  # noqa: S301  (our own process)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            code = self._process.wait()
            raise EngineError(
                f"A process of the runner was ended from outside ({code}), maybe as memory ran "
                "out. Run the same command again, with more memory if it has little."
            ) from error
        if not is_result:
            raise answer
        return answer

    def end(self) -> None:
        """End the process at once, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


class _NoPandas(MetaPathFinder, Loader):
    """Stands for pandas, which Arrow loads before its first array, wherever it is installed.

    It takes longer than much of the work, and nothing that is done to suites has use for it.
    """

    def find_spec(
        self, name: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == "pandas" else None

    def create_module(self, spec: ModuleSpec) -> None:
        raise ImportError(f"{spec.name} is not loaded in these processes", name=spec.name)


def leave_out_pandas() -> None:
    """Keep pandas out of this process from here on."""
    sys.meta_path.insert(0, _NoPandas())


def serve() -> None:
    """Call functions until nobody asks any more: the main function of a process."""
    leave_out_pandas()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for who asks
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    with suppress(EOFError, OSError):
        while True:
            function, item = pickle.load(sys.stdin.buffer)  # noqa: S301  (from our own process)
            try:
                answer = (True, function(item))
            except Exception as error:  # noqa: BLE001  (it is raised where the call came from)
                error.add_note(traceback.format_exc())
                answer = (False, error)
            _send(answers, answer)
            if not gc.get_freeze_count():
                # What the first call imported stays, and a later one makes thousands of objects.
                # To look through them often for cycles takes a fourth of a report's time.
                gc.freeze()
                gc.set_threshold(NEW_OBJECTS)


def _send(pipe: IO[bytes], message: object) -> None:
    pipe.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
    pipe.flush()
