"""Tests to pass before you build the image: run them with `pytest`."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from predictor import is_correct, share_correct

HERE = Path(__file__).parent


def request_state(completion: str) -> pd.Series:
    """Return a request state with two references, of which "yes" (the letter A) is correct."""
    state = "scenario_state.request_states."
    return pd.Series(
        {
            f"{state}result.completions": [{"text": completion}],
            f"{state}output_mapping.A": "yes",
            f"{state}output_mapping.B": "no",
            f"{state}instance.references": [
                {"output": {"text": "yes"}, "tags": ["correct"]},
                {"output": {"text": "no"}, "tags": []},
            ],
        }
    )


@pytest.mark.parametrize(
    ("completion", "correct"), [("yes", True), (" A\n", True), ("no", False), ("B", False)]
)
def test_a_completion_is_correct_as_text_and_as_letter(completion: str, correct: bool) -> None:
    assert is_correct(request_state(completion)) is correct


def test_half_is_predicted_where_nothing_is_revealed() -> None:
    assert share_correct(pd.DataFrame()) == 0.5


def test_every_target_of_the_demo_suite_is_predicted() -> None:
    runner = Path(sys.executable).with_name("runner")
    command = [str(runner), "try", str(HERE), "--suite", "demo"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
