"""Removes what evaluations made on the engine, and nothing else."""

import re
from dataclasses import dataclass

from runner.errors import EngineError
from runner.sandbox.engine.engine import Engine, Kind
from runner.sandbox.live_runs import dead_entries, known_tokens, settle
from runner.sandbox.policy import LABEL

OUR_NAME = re.compile(r"runner-[0-9a-f]{12}-(predictor|keeper|input|output|assets|listener|reader)")


@dataclass(frozen=True)
class Leftover:
    """A container, volume or network that has the runner's label and a name like the runner's.

    Attributes:
        token: the label's value. A foreign image can set one, but cannot know a recorded one.
    """

    kind: Kind
    name: str
    token: str


@dataclass(frozen=True)
class Collected:
    """What ``collect_garbage`` did.

    Attributes:
        removed: what evaluations had left whose runner has ended.
        kept: what the engine would not remove, and why; tried again the next time.
        unknown: what looks like ours, but is not in this user's record: another user's, or a
            stranger's with a forged label. It stays.
    """

    removed: tuple[Leftover, ...]
    kept: tuple[tuple[Leftover, str], ...]
    unknown: tuple[Leftover, ...]


def collect_garbage(engine: Engine, identity: str) -> Collected:
    """Remove what killed runners left on this engine; touch nothing else.

    What a live runner uses is not touched: its entry in the record is locked.

    Args:
        identity: the engine's, see ``engine_identity``; entries of another engine stay recorded.

    Raises:
        EngineError: the engine can't list what is left.
    """
    removed: list[Leftover] = []
    kept: list[tuple[Leftover, str]] = []
    with dead_entries() as entries:
        found = find_leftovers(engine)
        known = known_tokens()
        for entry in entries:
            refused = _remove_all(engine, found, entry.token)
            kept.extend(refused.items())
            removed.extend(one for one in found if one.token == entry.token and one not in refused)
            if entry.engine == identity and not refused:
                settle(entry)
    unknown = tuple(one for one in found if one.token not in known)
    return Collected(tuple(removed), tuple(kept), unknown)


def sweep(engine: Engine, token: str) -> None:
    """Remove all that one evaluation has on the engine.

    Raises:
        EngineError: something could not be removed.
    """
    refused = _remove_all(engine, find_leftovers(engine), token)
    if refused:
        raise EngineError(" ".join(refused.values()))


def find_leftovers(engine: Engine) -> tuple[Leftover, ...]:
    """Return everything with the runner's label and a name like the runner's, whoever made it."""
    found = (Leftover(*one) for one in engine.list_labelled(LABEL))
    return tuple(one for one in found if OUR_NAME.fullmatch(one.name))


def _remove_all(engine: Engine, found: tuple[Leftover, ...], token: str) -> dict[Leftover, str]:
    """Remove what one evaluation made; return what the engine would not remove, and why."""
    refused = {}
    for one in found:  # the containers first: a volume or network in use can't be removed
        if one.token == token:
            try:
                engine.remove(one.kind, one.name)
            except EngineError as error:
                refused[one] = str(error)
    return refused
