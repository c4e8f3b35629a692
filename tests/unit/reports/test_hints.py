"""Why a predictor failed, for its author."""

import pytest

from runner.output.findings import Cause
from runner.reports.hints import MOST_HINTS, find_hints, find_percent, reasons
from runner.sandbox.outcome import Outcome

TRACEBACK = """Traceback (most recent call last):
  File "/opt/predictor/predictor.py", line 3, in <module>
    import x
""".splitlines()


def raised(line: str) -> list[str]:
    return [*TRACEBACK, line]


CLASSICS = {
    "ModuleNotFoundError: No module named 'sklearn.linear_model'": "scikit-learn into require",
    "ModuleNotFoundError: No module named 'runner'": "FROM runner-base",
    "OSError: libgomp.so.1: cannot open shared object file: No such file": "libgomp1 into apt.txt",
    "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>": (
        "no network"
    ),
    "OSError: We couldn't connect to 'https://huggingface.co' to load": "HF_HUB_OFFLINE=1",
    "OSError: [Errno 30] Read-only file system: 'model.bin'": "Only /tmp and /output",
    "PermissionError: [Errno 13] Permission denied: '/tmp/tool'": "Nothing in /tmp can be executed",
    "PermissionError: [Errno 13] Permission denied: '/opt/predictor/w.bin'": "chmod -R a+rX",
    "ImportError: /tmp/x.so: failed to map segment from shared object": "Nothing in /tmp",
    "KeyError: 'stats.meen'; near it is the column 'stats.mean'": "Write 'stats.mean'",
    "KeyError: 'banana'": "look at the frame's .columns",
    "PermissionError: [Errno 13] Permission denied: 'cache.json'": "To write it: Only /tmp and",
    "PermissionError: [Errno 13] Permission denied: '/tmp/runner-scratch-x/files/tmp/tool'": (
        "Nothing in /tmp can be executed"
    ),
    "FileNotFoundError: [Errno 2] No such file or directory: '/home/me/x'": "of this machine",
    "TypeError: predict() must return a dict of lists of Stat, not None": "{run_name: [stat,",
    "ValueError: run a, stat predicted_f1: mean is nan, not a number": "where there is no data",
    "TypeError: run a: predict() must return a list of Stat for each run, not Stat()": (
        "{run_name: [stat, ...]}"
    ),
    "RuntimeError: unable to write to file </torch_1>: insufficient shared memory (shm)": (
        "num_workers=0"
    ),
    "OSError: [Errno 28] No space left on device": "in memory and small",
    "RuntimeError: can't start new thread": "OMP_NUM_THREADS=1",
    "FileNotFoundError: [Errno 2] No such file or directory: 'weights.bin'": "COPY it",
    "RuntimeError: No CUDA GPUs are available": "--gpus 1",
}


@pytest.mark.parametrize(("line", "advice"), CLASSICS.items())
def test_a_classic_fault_is_told_with_its_place_and_what_to_do(line: str, advice: str) -> None:
    (found,) = find_hints(raised(line))
    assert found.where == "predictor.py, line 3"
    assert found.what == line
    assert advice in str(found.do)


OF_OTHER_LANGUAGES = {
    "predict.sh: 4: duckdb: not found": "no program duckdb",
    "/tmp/x: 1: /tmp/tool: Permission denied": "Nothing in /tmp",
    "Error in x : there is no package called \u2018arrow\u2019": "r-cran-arrow into apt.txt",
    "Error: Cannot find module 'parquet-wasm'": "npm ci",
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'hyparquet' imported from /opt/a.mjs": (
        "COPY node_modules/"
    ),
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/opt/own.mjs' imported from /opt/a.mjs": (
        "COPY /opt/own.mjs in the Dockerfile"
    ),
    "curl: (6) Could not resolve host: huggingface.co": "no network",
    "Bus error (core dumped)": "num_workers=0",
}


@pytest.mark.parametrize(("line", "advice"), OF_OTHER_LANGUAGES.items())
def test_a_fault_without_a_traceback_is_told_too(line: str, advice: str) -> None:
    (found,) = find_hints(["working", line])
    assert (found.what, found.where) == (line, None)
    assert advice in str(found.do)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (
            'the image could not be started: exec: "python3": executable file not found in $PATH',
            "FROM runner-base",
        ),
        ("the predictor was ended by signal 7 (SIGBUS), as when /dev/shm is full", "shm_bytes"),
        ("the image could not be started: exec /x: exec format error", "architecture"),
    ],
)
def test_what_the_engine_says_is_a_reason_as_well(message: str, advice: str) -> None:
    (found,) = find_hints([], message)
    assert advice in str(found)
    assert message not in str(found)  # it is shown already


@pytest.mark.parametrize(
    "line",
    [
        "fitted 12 runs; the network has 3 layers",
        "wrote to /tmp/cache, permission was given",
        "/dev/shm has 64 MiB",
        "no module is needed",
        "the key was not found in the cache, so it is made",
        "connected; shared memory is used",
        "Resource use is low",
    ],
)
def test_control_a_line_of_a_sound_predictor_has_no_hint(line: str) -> None:
    assert find_hints([line]) == []


def test_an_exception_of_the_authors_own_is_named_with_its_place_and_no_advice() -> None:
    (found,) = find_hints(raised("ValueError: mine"))
    assert str(found) == "predictor.py, line 3: ValueError: mine"


def test_the_exception_that_ended_it_comes_first_and_few_follow() -> None:
    lines = [f"{line}" for line in OF_OTHER_LANGUAGES]
    found = find_hints([*lines, *raised("ValueError: mine")])
    assert found[0].what == "ValueError: mine"
    assert len(found) == MOST_HINTS


def test_a_variable_that_is_missing_is_no_column() -> None:
    lines = raised("KeyError: 'HF_TOKEN'")
    (of_a_variable,) = find_hints(
        [*lines[:3], '  File "<frozen os>", line 679, in __getitem__', lines[3]]
    )
    assert of_a_variable.where == "predictor.py, line 3"
    assert "ENV in the Dockerfile" in str(of_a_variable.do)
    (of_a_column,) = find_hints(lines)
    assert ".columns" in str(of_a_column.do)  # the control


def test_a_crash_of_a_library_is_told_with_the_line_that_called_it() -> None:
    crash = [
        "Fatal Python error: Segmentation fault",
        "",
        "Current thread 0x00007f (most recent call first):",
        '  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at',
        '  File "/opt/predictor/predictor.py", line 8 in predict',
        '  File "/opt/runner/runner/contract/predictor.py", line 150 in run_predictor',
    ]
    found = find_hints(crash, "the predictor was ended by signal 11 (SIGSEGV)")
    assert [str(each.where) for each in found] == ["predictor.py, line 8"]
    assert "compiled library crashed" in str(found[0].do)


def test_of_a_failure_without_a_known_reason_the_last_line_is_told() -> None:
    said = [
        "fitting",
        "predictor.py: must define exactly one subclass of Predictor, found A, B",
        "",
    ]
    last, advice = reasons(Outcome.FAILED, None, "it exited with code 1", said)
    assert last == f"It printed last: {said[1]}"
    assert "--here" in advice
    assert reasons(Outcome.FAILED, None, "it exited with code 1", []) == [advice]  # the control


def test_a_limit_is_told_whatever_the_log_says() -> None:
    place, advice = reasons(
        Outcome.OUTPUT_LIMIT, None, "", raised("OSError: [Errno 28] No space left on device")
    )
    assert place.startswith("predictor.py, line 3: ")
    assert "write less" in advice


def test_of_a_broken_output_its_cause_decides_what_to_do_and_not_the_log() -> None:
    log = ["ModuleNotFoundError: No module named 'sklearn'"]
    (said,) = reasons(Outcome.INVALID_OUTPUT, Cause.MISSING_TARGET, "5 findings", log)
    assert "self.case.targets" in said
    (said,) = reasons(Outcome.INVALID_OUTPUT, Cause.LONE_SURROGATE, "1 finding", log)
    assert said == "docs/contract.md describes the form of the output."


def test_why_nothing_was_written_may_be_in_the_log() -> None:
    log = ["ModuleNotFoundError: No module named 'sklearn'"]
    (said,) = reasons(Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT, "no file", log)
    assert "scikit-learn" in said
    (said,) = reasons(Outcome.INVALID_OUTPUT, Cause.NO_OUTPUT, "no file", [])
    assert "Let predict() return" in said


def test_a_quote_is_printable_and_short() -> None:
    (found,) = find_hints(raised("ValueError: \x1b[31m" + "x" * 1000))
    assert "\x1b" not in str(found)
    assert len(str(found)) < 300


def test_a_percent_for_a_share_is_told() -> None:
    said = find_percent([("exact_match", 63.0, 0.6), ("f1", 0.5, 0.4)], "train means")
    assert said is not None
    assert "63 for exact_match, not 0.6" in said
    assert "divide by 100" in said


@pytest.mark.parametrize(
    "means",
    [
        [("exact_match", 1.5, 0.6)],
        [("num_tokens", 63.0, 0.6), ("num_tokens", 3.0, 12.0)],
        [("exact_match", None, 0.6)],
        [("exact_match", 63.0, None)],
    ],
)
def test_control_what_may_be_meant_is_not_told_as_a_percent(
    means: list[tuple[str, float | None, float | None]],
) -> None:
    assert find_percent(means, "train means") is None
