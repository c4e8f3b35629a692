import json
import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.submissions.ledger import Ledger
from runner.submissions.quota import Scored
from runner.submissions.rules import Rules
from tests.unit.submissions.builder import scored, submission


def test_lines_are_only_ever_added(ledger: Ledger) -> None:
    before = ledger.path.read_bytes()
    for image in "12":
        scored(ledger, submission(image), 0.5)
        now = ledger.path.read_bytes()
        assert now.startswith(before)
        before = now
    assert before.count(b"\n") == 5


def test_a_line_that_was_cut_off_is_refused_with_its_number_and_kept(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + b'{"event":"began","id":"x"')
    with pytest.raises(UsageError, match=r"line 4: not an entry.*remove it"):
        scored(ledger, submission("2"), 0.5)
    assert ledger.path.read_bytes() == whole + b'{"event":"began","id":"x"'
    ledger.path.write_bytes(whole)  # the control: without it the ledger is read and goes on
    scored(ledger, submission("2"), 0.5)
    assert len(ledger.attempts()) == 2


def test_an_entry_that_has_lost_its_newline_counts_and_stays(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole.removesuffix(b"\n"))
    assert isinstance(ledger.attempts()[0].ended, Scored)
    scored(ledger, submission("2"), 0.5)
    assert ledger.path.read_bytes().startswith(whole)
    assert len(ledger.attempts()) == 2


def test_a_line_that_was_changed_is_named(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text(
        "\n".join([lines[0], lines[1].replace("began", "begun"), *lines[2:]]) + "\n"
    )
    with pytest.raises(UsageError, match="line 2: not an entry"):
        ledger.read()


def test_what_is_no_ledger_is_refused_and_a_ledger_is_not_made_anew(
    ledger: Ledger, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="runner ledger init"):
        Ledger(tmp_path / "none").read()
    (tmp_path / "other").write_text(json.dumps({"a": 1}) + "\n")
    with pytest.raises(UsageError, match="first line"):
        Ledger(tmp_path / "other").read()
    with pytest.raises(UsageError, match="can't be created"):
        ledger.create(Rules(seed="t"))
    assert ledger.path.stat().st_mode & 0o077 == 0


ASK = """
import sys
from pathlib import Path
from runner.submissions.ledger import Ledger
from runner.submissions.quota import Began, CountedSubmission
ledger = Ledger(Path(sys.argv[1]))
sys.stdin.readline()
for number in range(20):
    asked = CountedSubmission(submitter="team-a", image=f"{sys.argv[2]}-{number}", suite="s")
    print(isinstance(ledger.admit(asked, "image"), Began))
"""


def test_two_runners_at_once_do_not_take_one_evaluation_twice(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    Ledger(path).create(Rules(evaluations=15, seed="s"))
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    answers = []
    for each in runners:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in runners:
        answers += each.communicate(timeout=60)[0].split()
    assert len(answers) == 40
    assert answers.count("True") == 15
    assert len(Ledger(path).attempts()) == 15
