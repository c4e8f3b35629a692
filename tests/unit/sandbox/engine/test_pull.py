from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from runner.contract.limits import GIB
from runner.errors import EngineError, UsageError
from runner.sandbox.engine import pull
from runner.sandbox.engine.pull import follow_pull


def layer(name: str, current: int, total: int) -> Mapping[str, Any]:
    progress = {"current": current, "total": total}
    return {"id": name, "status": "Downloading", "progressDetail": progress}


def test_a_pull_is_ended_when_its_layers_together_are_too_large() -> None:
    with pytest.raises(UsageError, match="x: its layers have more than 20 GiB"):
        follow_pull([layer("a", 1, 19 * GIB), layer("b", 1, 2 * GIB)], "x", print)


def test_a_pull_is_ended_when_more_comes_than_the_registry_says() -> None:
    with pytest.raises(UsageError, match="more than 20 GiB"):
        follow_pull([layer("a", 21 * GIB, 5)], "x", print)


def test_control_the_same_layer_again_and_again_counts_once() -> None:
    events = [layer("a", done * GIB, 19 * GIB) for done in range(20)]
    follow_pull([*events, {"id": "a", "status": "Pull complete", "progressDetail": {}}], "x", print)


def test_a_pull_that_takes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "MOST_PULL_SECONDS", 0.05)

    def drip() -> Iterator[Mapping[str, Any]]:
        while True:
            yield layer("a", 1, 5)

    with pytest.raises(UsageError, match="did not send it"):
        follow_pull(drip(), "x", print)


def test_no_text_of_a_registry_is_in_a_message() -> None:
    with pytest.raises(EngineError) as failed:
        follow_pull([{"error": "SECRET of a service"}], "x", print)
    assert str(failed.value) == "The engine could not pull x. `docker pull x` shows why."
