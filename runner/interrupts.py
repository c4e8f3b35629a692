"""Ctrl-C, whatever becomes of its exception on the way out.

A library may turn it into one of its own: pydantic tells a ``KeyboardInterrupt`` that comes while
it builds a schema as a ``SchemaError``.
"""

from threading import Event, current_thread, main_thread
from typing import NoReturn

_has_come = Event()


def interrupt() -> NoReturn:
    """Raise KeyboardInterrupt, and keep in mind that it came: what follows in this thread is of it.

    For the handler of a signal, which runs in the main thread.
    """
    _has_come.set()
    raise KeyboardInterrupt


def is_interrupted() -> bool:
    """Return whether this is the main thread, and what is raised in it is of an interrupt."""
    return _has_come.is_set() and current_thread() is main_thread()


def raise_if_interrupted() -> None:
    """Raise the interrupt again where another exception would be taken for a fault."""
    if is_interrupted():
        raise KeyboardInterrupt
