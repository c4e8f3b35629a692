import subprocess
import sys
from pathlib import Path

from runner.submissions.ledger import Ledger
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


ASK = """
import sys
from pathlib import Path
from runner.submissions.ledger import Ledger
from runner.submissions.entries import (
    Began,
    CountedSubmission,
)
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
