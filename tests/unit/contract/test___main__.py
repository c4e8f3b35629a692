"""What the author of a predictor reads when it fails."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.contract.__main__ import read_arguments
from runner.contract.layout import INPUT_DIR_VARIABLE, OUTPUT_DIR_VARIABLE
from runner.suites.staging import stage_inputs
from tests.suite_builder import shared_suite

PREDICTOR = """
from runner.contract import Predictor

def helper(values):
    return {}

class Mine(Predictor):
    def predict(self, *frames):
        return helper(frames)
"""


def run(tmp_path: Path, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    suite = shared_suite()
    staged = stage_inputs(suite.inputs(suite.cases[0]), seed=7, limits={"cpus": 1})
    for name, content in staged.files.items():
        (tmp_path / "input" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "input" / name).write_bytes(content)
    (tmp_path / "predictor.py").write_text(PREDICTOR.replace("{}", answer))
    return subprocess.run(
        [sys.executable, "-m", "runner.contract", str(tmp_path / "predictor.py"), *arguments],
        env={
            "PYTHONPATH": str(Path(__file__).parents[3]),
            INPUT_DIR_VARIABLE: str(tmp_path / "input"),
            OUTPUT_DIR_VARIABLE: str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_error_in_the_authors_code_begins_at_the_authors_first_line(tmp_path: Path) -> None:
    ended = run(tmp_path, "values[9]")
    assert ended.returncode == 1
    first, place, *rest = ended.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert place.endswith('predictor.py", line 9, in predict')
    assert rest[-1] == "IndexError: tuple index out of range"
    assert str(Path("runner", "contract")) not in ended.stderr


def test_a_crash_prints_the_authors_line(tmp_path: Path) -> None:
    ended = run(tmp_path, "__import__('ctypes').string_at(0)")
    assert ended.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in ended.stderr
    assert 'predictor.py", line 9 in predict' in ended.stderr


def test_what_was_returned_is_refused_with_one_line_of_ours(tmp_path: Path) -> None:
    ended = run(tmp_path, "3")
    assert ended.returncode == 1
    assert ended.stderr.count("  File ") == 1
    assert "TypeError: predict() must return a dict of lists of Stat, not 3" in ended.stderr


def test_control_our_own_lines_after_the_authors_stay(tmp_path: Path) -> None:
    ended = run(tmp_path, "Predictor.predict_instances(None, *values)")
    assert ended.stderr.count("  File ") == 3
    assert str(Path("runner", "contract", "predictor.py")) in ended.stderr


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("x=5", 5),
        ("x=mmlu", "mmlu"),
        ("x=", ""),
        ("x=a=b", "a=b"),
        ('x=["a", 1.5]', ["a", 1.5]),
        ("x=null", None),
        ('x="5"', "5"),
    ],
)
def test_an_argument_of_the_command_is_json_or_a_text(given: str, value: Any) -> None:
    assert read_arguments([given, "y=1"]) == {"x": value, "y": 1}


@pytest.mark.parametrize("given", [["5"], ["=5"], ["a b=5"], ["x=1", "x=2"]])
def test_an_argument_without_a_name_of_its_own_is_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit, match="should be NAME=VALUE, each name once"):
        read_arguments(given)


def test_a_predictors_constructor_gets_the_arguments_of_the_command(tmp_path: Path) -> None:
    answer = "[][self.missing]"
    ended = run(tmp_path, answer, "components=3")
    assert "Mine(): got an unexpected keyword argument 'components'. Its arguments stand" in (
        ended.stderr
    )
    assert "Traceback" not in ended.stderr
    source = PREDICTOR.replace(
        "    def predict",
        "    def __init__(self, components):\n"
        "        print('components', components)\n\n    def predict",
    )
    (tmp_path / "other.py").write_text(source)
    code = "import sys; from runner.contract.__main__ import load_predictor; "
    code += "load_predictor(sys.argv[1], sys.argv[2:])"
    started = [sys.executable, "-c", code, str(tmp_path / "other.py")]
    for arguments, said in (
        (["components=3"], "components 3"),
        ([], "missing a required argument"),
    ):
        done = subprocess.run([*started, *arguments], capture_output=True, text=True, check=False)
        assert said in done.stdout + done.stderr
