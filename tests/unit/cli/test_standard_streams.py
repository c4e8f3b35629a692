import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import sys
from runner.cli.standard_streams import outlive_readers
if {lasting}:
    output = outlive_readers()
for number in range(20_000):
    print("a line", number, file={stream})
    {stream}.flush()
{then}
open(sys.argv[1], "w").close()
"""


def write(script: str, redirected: str, end: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a shell; it makes the file ``end`` if it gets to its own end."""
    shell = f'"$0" -c "$1" "$2" {redirected}'
    command = ["bash", "-c", shell, sys.executable, script, str(end)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def script(stream: str, *, lasting: bool = True, then: str = "") -> str:
    return WRITER.format(stream=f"sys.{stream}", lasting=lasting, then=then)


GONE = [("stderr", "2>&1 >/dev/null | head -1"), ("stdout", "| head -1"), ("stderr", "2>&-")]


@pytest.mark.parametrize(("stream", "redirected"), GONE)
def test_a_reader_that_goes_away_ends_nothing(tmp_path: Path, stream: str, redirected: str) -> None:
    write(script(stream), redirected, tmp_path / "end")
    assert (tmp_path / "end").exists()


@pytest.mark.parametrize(("stream", "redirected"), GONE)
def test_control_without_it_the_same_writer_ends(
    tmp_path: Path, stream: str, redirected: str
) -> None:
    write(script(stream, lasting=False), redirected, tmp_path / "end")
    assert not (tmp_path / "end").exists()


def test_lines_are_written_while_somebody_reads(tmp_path: Path) -> None:
    ended = write(script("stderr"), "", tmp_path / "end")
    assert ended.stderr.splitlines()[-1] == "a line 19999"


def test_a_full_disk_is_told_from_a_reader_that_is_gone(tmp_path: Path) -> None:
    then = "sys.exit(0 if output.failure is None else output.failure.strerror)"
    full = write(script("stdout", then=then), "> /dev/full", tmp_path / "full")
    assert full.stderr == "No space left on device\n"
    gone = write(script("stdout", then=then), "| head -1", tmp_path / "gone")
    assert gone.stderr == ""


def test_what_is_started_later_outlives_the_reader_too(tmp_path: Path) -> None:
    then = "import subprocess; subprocess.run(['echo', 'more'], check=True)"
    ended = write(script("stdout", then=then), "| head -1", tmp_path / "end")
    assert (tmp_path / "end").exists()
    assert ended.stdout == "a line 0\n"
