from typing import Any

import pytest
import requests

from runner.errors import EngineLostError
from runner.sandbox.engine.engine import Engine


class _Api:
    """A client of an engine that does not answer at first, if so asked."""

    def __init__(self, fails: int = 0) -> None:
        self.asked, self._fails = 0, fails

    def info(self) -> dict[str, Any]:
        self.asked += 1
        if self.asked <= self._fails:
            raise requests.ConnectionError
        return {"NCPU": 2}


def test_an_engine_is_asked_once_what_it_has() -> None:
    api = _Api()
    engine = Engine(api)  # type: ignore[arg-type]
    assert [engine.fetch_info() for _ in range(3)] == 3 * [{"NCPU": 2}]
    assert api.asked == 1


def test_an_engine_that_did_not_answer_is_asked_again() -> None:
    engine = Engine(_Api(fails=1))  # type: ignore[arg-type]
    with pytest.raises(EngineLostError):
        engine.fetch_info()
    assert engine.fetch_info() == {"NCPU": 2}
