"""``runner try``, as an author runs it: real processes on the demo suite."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.authoring.carried_folders import template_folder
from tests.docs_scripts import DOCS, load_script
from tests.helm_builder import write_suite
from tests.integration.command import runner


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that the tests here share, apart from the user's."""
    return tmp_path_factory.mktemp("cache")


def try_(folder: Path, cache: Path, *options: object) -> subprocess.CompletedProcess[str]:
    return runner("try", folder, *options, XDG_CACHE_HOME=str(cache))


def write_predictor(folder: Path, body: str) -> Path:
    """Write a Python predictor whose ``predict`` has this body."""
    folder.joinpath("predictor.py").write_text(
        "import os\nfrom runner.contract import Predictor, Stat, MetricName\n"
        f"class Mine(Predictor):\n    def predict(self, *frames):\n        {body}\n"
    )
    return folder


def test_the_template_is_scored_and_its_case_is_kept(cache: Path) -> None:
    first = try_(template_folder("python"), cache)
    assert first.returncode == 0, first.stderr
    assert "ok   output: all 6 targets are predicted" in first.stdout
    assert "MAE 0." in first.stdout
    second = try_(template_folder("python"), cache)
    assert second.stdout == first.stdout
    assert "making the demo's case" in first.stderr
    assert "making the demo's case" not in second.stderr


READS_WEIGHTS = """place = os.path.join(os.path.dirname(__file__), 'weights', 'a.bin')
        print('weights:', open(place).read(), os.access(place, os.W_OK)); open(place + '.gz')"""


def test_weights_are_beside_the_predictor_and_read_only(tmp_path: Path, cache: Path) -> None:
    write_predictor(tmp_path, READS_WEIGHTS)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.bin").write_text("1.5")
    told = try_(tmp_path, cache).stderr
    assert "weights: 1.5 False" in told
    assert "FileNotFoundError" in told  # the control


@pytest.fixture(scope="module")
def missing(
    tmp_path_factory: pytest.TempPathFactory, cache: Path
) -> subprocess.CompletedProcess[str]:
    """Return how a predictor is tried that prints, and predicts nothing."""
    body = "print('reached'); return {}"
    return try_(write_predictor(tmp_path_factory.mktemp("missing"), body), cache)


def test_prints_show(missing: subprocess.CompletedProcess[str]) -> None:
    assert "reached" in missing.stderr


def test_findings_are_told_one_a_line_and_the_fault_is_the_predictors(
    missing: subprocess.CompletedProcess[str],
) -> None:
    assert missing.returncode == 4
    told = "FAIL output: invalid_output (missing_target): predictions.json: 6 findings"
    assert told in missing.stdout
    assert missing.stdout.count("is not predicted") == 6


def test_an_exception_ends_with_its_type_and_line_and_the_inputs_place(
    tmp_path: Path, cache: Path
) -> None:
    ended = try_(write_predictor(tmp_path, "raise ValueError('mine')"), cache)
    assert ended.returncode == 4
    assert "FAIL output: failed: the predictor exited with code 1" in ended.stdout
    assert "       predictor.py, line 5: ValueError: mine" in ended.stdout
    assert "The inputs are in " in ended.stderr


def test_packages_of_this_python_are_missed_as_in_the_image_but_not_here(
    tmp_path: Path, cache: Path
) -> None:
    folder = write_predictor(tmp_path, "import pydantic_core; return {}")
    assert "write pydantic_core into requirements.txt" in try_(folder, cache).stdout
    assert "requirements.txt" not in try_(folder, cache, "--here").stdout  # the control


def test_a_wrong_column_is_told_with_the_nearest(tmp_path: Path, cache: Path) -> None:
    ended = try_(write_predictor(tmp_path, "frames[2]['stats.meen']"), cache)
    assert "near it is the column 'stats.mean' -> Write 'stats.mean'" in ended.stdout


def test_a_share_in_percent_is_noted(tmp_path: Path, cache: Path) -> None:
    body = "return {t.run_spec_name: [t.predicted(50) for t in self.case.targets] for t in "
    ended = try_(write_predictor(tmp_path, f"{body} self.case.targets}}"), cache)
    assert ended.returncode == 0
    assert "note scale: 6 targets are predicted far above 1" in ended.stdout


def test_all_cases_make_the_scores_of_an_evaluation(tmp_path: Path, cache: Path) -> None:
    ended = try_(template_folder("python"), cache, "--all-cases", "--json")
    found = json.loads(ended.stdout)
    assert [result["check"] for result in found["results"]] == ["case-1, output"]
    assert found["scores"][0]["metric"] == "mae"


@pytest.mark.parametrize("options", [("--all-cases", "--case", "case-1"), ("--here", "--json")])
def test_options_that_exclude_each_other_are_refused(
    tmp_path: Path, cache: Path, options: tuple[str, ...]
) -> None:
    assert try_(tmp_path, cache, *options).returncode == 2


def test_any_program_can_be_tried_by_its_command(tmp_path: Path, cache: Path) -> None:
    ended = try_(tmp_path, cache, "--", "sh", "-c", "ls $RUNNER_INPUT_DIR; exit 3")
    assert "manifest.json" in ended.stderr
    assert "exited with code 3" in ended.stdout


def test_a_folder_of_another_form_is_told_what_to_do(tmp_path: Path, cache: Path) -> None:
    ended = try_(tmp_path, cache)
    assert ended.returncode == 2
    assert f"runner try {tmp_path} -- COMMAND" in ended.stderr


def test_a_program_that_is_not_there_is_named(tmp_path: Path, cache: Path) -> None:
    ended = try_(tmp_path, cache, "--", "no-such-program")
    assert ended.returncode == 2
    assert "no-such-program: can't be started" in ended.stderr


def test_another_suite_is_staged_and_not_kept(tmp_path: Path) -> None:
    source = write_suite(tmp_path / "helm")
    (tmp_path / "mine").mkdir()
    folder = write_predictor(
        tmp_path / "mine",
        "return {t.run_spec_name: [t.predicted(0.5)] for t in self.case.targets}",
    )
    ended = try_(folder, tmp_path / "cache", "--suite", source, "--here")
    assert ended.returncode == 0, ended.stderr
    assert not list((tmp_path / "cache").glob("runner/demo-case"))


def test_a_case_that_is_not_there_is_refused_with_those_that_are(
    tmp_path: Path, cache: Path
) -> None:
    ended = try_(template_folder("python"), cache, "--case", "case-9")
    assert ended.returncode == 3
    assert "has no case 'case-9'; it has case-1." in ended.stderr


def test_a_kept_case_that_was_changed_is_made_again(tmp_path: Path, cache: Path) -> None:
    digest = ("--", "sh", "-c", "cd $RUNNER_INPUT_DIR; sha256sum train/*")
    sound = try_(tmp_path, cache, *digest)
    (stats,) = cache.glob("runner/demo-case/*/*/input/train/stats.parquet")
    stats.chmod(0o644)
    stats.write_bytes(b"x")
    again = try_(tmp_path, cache, *digest)
    assert "making the demo's case" in again.stderr
    digests = [line for line in sound.stderr.splitlines() if line.endswith(".parquet")]
    assert len(digests) == 4
    assert set(digests) < set(again.stderr.splitlines())


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "runner").touch()
    ended = try_(template_folder("python"), tmp_path / "cache", "--here")
    assert ended.returncode == 0, ended.stderr
    assert not (tmp_path / "cache" / "runner").is_dir()


def test_ctrl_c_ends_a_predictor_that_still_computes(tmp_path: Path, cache: Path) -> None:
    write_predictor(tmp_path, "import time; print('reached'); time.sleep(60); return {}")
    with subprocess.Popen(
        [sys.executable, "-m", "runner", "try", tmp_path],
        stderr=subprocess.PIPE,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        text=True,
    ) as process:
        assert process.stderr is not None
        assert any("reached" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130  # without the predictor's end


@pytest.mark.parametrize(
    "title",
    [
        "The predictor downloads something",
        pytest.param("A column's name is wrong", marks=pytest.mark.long),
    ],
)
def test_the_page_of_mistakes_has_what_is_printed_today(
    title: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    script = load_script("mistakes")
    (mistake,) = [
        one for group in script.read_groups().values() for one in group if one.title == title
    ]
    mistake.write(tmp_path / "mine")
    said = load_script("made_mistakes").run(mistake.all_commands()["try"], tmp_path)
    printed = "\n".join(script.wrapped(line) for line in said.lines)
    assert printed
    assert printed in script.sections((DOCS / "faq.md").read_text(encoding="utf-8"))[title]
