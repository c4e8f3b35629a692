import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.sandbox.live_runs import anyone_lives, dead_entries, known_tokens, recorded, settle

KILLED_RUNNER = """
import os, signal
from runner.sandbox.live_runs import recorded
with recorded("engine") as entry:
    print(entry.token, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "runner" / "evaluations"


def killed_runner() -> str:
    """Record an evaluation in a process that is killed; return its token."""
    command = [sys.executable, "-c", KILLED_RUNNER]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def test_an_evaluation_whose_runner_was_killed_is_dead() -> None:
    token = killed_runner()
    with dead_entries() as entries:
        assert [(entry.token, entry.engine) for entry in entries] == [(token, "engine")]


def test_control_an_evaluation_of_a_live_runner_is_known_and_not_dead() -> None:
    with recorded("engine") as entry, dead_entries() as entries:
        assert entries == []
        assert known_tokens() == {entry.token}


def test_what_one_collects_another_does_not() -> None:
    killed_runner()
    with dead_entries() as mine, dead_entries() as others:
        assert len(mine) == 1
        assert others == []


def test_a_settled_entry_is_gone() -> None:
    killed_runner()
    with dead_entries() as entries:
        settle(entries[0])
    assert known_tokens() == frozenset()


def test_an_entry_stays_until_it_is_settled() -> None:
    with recorded("engine") as entry:
        pass
    with dead_entries() as entries:
        assert entries == [entry]


@pytest.mark.parametrize("name", ["notes.json", f"{'0' * 32}.json"])
def test_a_file_that_is_no_entry_is_left_alone(state: Path, name: str) -> None:
    state.mkdir(parents=True)
    (state / name).write_text("no JSON")
    with dead_entries() as entries:
        assert entries == []
    assert (state / name).exists()


def test_a_state_directory_that_cannot_be_written_is_told(state: Path) -> None:
    state.parent.parent.mkdir(exist_ok=True)
    state.parent.write_text("in the way")
    with pytest.raises(UsageError, match="XDG_STATE_HOME"), recorded("engine"):
        pass


def test_an_error_of_the_evaluation_itself_is_not_told_as_one_of_the_record() -> None:
    with pytest.raises(FileNotFoundError, match="its own"), recorded("engine"):
        raise FileNotFoundError("its own")


def test_somebody_lives_besides_an_evaluation_or_nobody() -> None:
    assert not anyone_lives()
    with recorded("engine") as one:
        assert anyone_lives()
        assert not anyone_lives(besides=one.token)
        with recorded("engine"):
            assert anyone_lives(besides=one.token)
