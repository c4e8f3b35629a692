import pickle

import pytest
import requests
from docker.errors import DockerException, create_api_error_from_http_exception

from runner.errors import EngineError, EngineLostError, EngineRefusedError, NotOnEngineError
from runner.sandbox.engine.sdk_errors import engine_errors


def converted(error: Exception) -> EngineError:
    with pytest.raises(EngineError) as raised, engine_errors("start it"):
        raise error
    return raised.value


def answered(status: int, message: str) -> EngineError:
    """Return what an engine's answer with this status is converted to."""
    response = requests.Response()
    response.status_code = status
    response._content = b'{"message": "%s"}' % message.encode()
    response.headers["Content-Type"] = "application/json"

    def refuse() -> None:
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            create_api_error_from_http_exception(error)

    with pytest.raises(EngineError) as raised, engine_errors("start it"):
        refuse()
    return raised.value


def test_an_engine_that_refuses_is_quoted_with_its_status() -> None:
    error = answered(409, "it runs")
    assert type(error) is EngineRefusedError
    assert (error.status, error.reason) == (409, "it runs")
    assert str(error) == "The engine could not start it: it runs"


@pytest.mark.parametrize("message", ["No such image: a", "No such container: a"])
def test_what_the_engine_does_not_have_is_told_apart(message: str) -> None:
    error = answered(404, message)
    assert type(error) is NotOnEngineError
    assert error.reason == message


@pytest.mark.parametrize(
    ("status", "blames"), [(400, True), (404, True), (409, True), (500, False), (503, False)]
)
def test_only_some_refusals_blame_the_request(*, status: int, blames: bool) -> None:
    error = answered(status, "no")
    assert isinstance(error, EngineRefusedError)
    assert error.blames_request is blames


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("gone"), requests.ReadTimeout("slow"), DockerException("?")]
)
def test_an_engine_that_does_not_answer_is_lost(error: Exception) -> None:
    assert type(converted(error)) is EngineLostError


def test_control_what_is_no_fault_of_the_engine_passes() -> None:
    with pytest.raises(ValueError, match="mine"), engine_errors("start it"):
        raise ValueError("mine")


def test_a_refusal_comes_whole_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(answered(409, "it runs")))
    assert isinstance(error, EngineRefusedError)
    assert (error.status, error.reason) == (409, "it runs")
    assert str(error) == "The engine could not start it: it runs"
