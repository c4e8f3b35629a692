import json
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.files.signatures import make_key, read_public_key, read_signing_key
from runner.submissions.entries import Scored
from runner.submissions.ledger import Ledger
from runner.submissions.ledger_file import verify_ledger
from runner.submissions.rules import Rules
from tests.hardships import room_for, without_rights
from tests.unit.submissions.builder import Clock, scored, submission


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


def test_what_ends_an_attempt_without_the_line_that_began_it_is_named(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    ledger.give_back(ledger.attempts()[0].began.id, "ann", "the disk was full")
    rules, _, scored_line, given_back = ledger.path.read_text().splitlines(keepends=True)
    for line in (scored_line, given_back):
        ledger.path.write_text(rules + line)
        with pytest.raises(UsageError, match=r"line 2: of the attempt .* no line before it"):
            ledger.read()


def test_a_submitter_that_is_no_name_is_told_with_its_line(ledger: Ledger) -> None:
    scored(ledger, submission("1"), 0.5)
    ledger.disqualify("team-a", "ann", "two accounts")
    lines = ledger.path.read_text().splitlines(keepends=True)
    for number in (1, 3):
        changed = [*lines]
        changed[number] = lines[number].replace("team-a", "t" * 81)
        ledger.path.write_text("".join(changed))
        with pytest.raises(UsageError, match=rf"line {number + 1}: not an entry.*1 to 80"):
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


@pytest.fixture
def signed(tmp_path: Path, clock: Clock) -> Ledger:
    """Return a signed ledger of one scored evaluation; its public key is beside it."""
    make_key(tmp_path / "key")
    key = read_signing_key(tmp_path / "key")
    made = Ledger(tmp_path / "signed.ledger", clock, key)
    made.create(Rules(step=0.1, seed="s"))
    scored(made, submission("1"), 0.5)
    return made


def finding(ledger: Ledger) -> str | None:
    return verify_ledger(ledger.path, read_public_key(ledger.path.with_name("key.pub"))).finding


def test_every_line_of_a_signed_ledger_verifies(signed: Ledger) -> None:
    signed.close("ann", "the end")
    found = verify_ledger(signed.path, read_public_key(signed.path.with_name("key.pub")))
    assert (found.finding, found.lines, found.last) == (None, 4, signed.clock())


def test_a_changed_score_is_found_with_its_line_though_it_is_an_entry(signed: Ledger) -> None:
    text = signed.path.read_text()
    assert '"value":0.5,' in text
    signed.path.write_text(text.replace('"value":0.5,', '"value":0.4,'))
    assert "line 3: not signed, or changed since then, or moved" in str(finding(signed))
    with pytest.raises(UsageError, match="line 3: not signed"):
        signed.read()


def test_control_in_a_ledger_that_nobody_signed_the_same_change_is_not_found(
    ledger: Ledger,
) -> None:
    scored(ledger, submission("1"), 0.5)
    ledger.path.write_text(ledger.path.read_text().replace('"value":0.5,', '"value":0.4,'))
    (attempt,) = ledger.attempts()
    assert isinstance(attempt.ended, Scored)
    assert attempt.ended.value == 0.4


def test_a_line_that_is_left_out_put_in_or_moved_is_found(signed: Ledger) -> None:
    first, second, third = signed.path.read_text().splitlines()
    for lines in ([first, third], [first, second, second, third], [first, third, second]):
        signed.path.write_text("\n".join(lines) + "\n")
        assert "not signed" in str(finding(signed))


def test_missing_lines_at_the_end_show_in_the_count_alone(signed: Ledger) -> None:
    lines = signed.path.read_text().splitlines(keepends=True)
    signed.path.write_text("".join(lines[:-1]))
    found = verify_ledger(signed.path, read_public_key(signed.path.with_name("key.pub")))
    assert (found.finding, found.lines) == (None, 2)


def test_another_key_and_no_key_are_told(signed: Ledger, ledger: Ledger, tmp_path: Path) -> None:
    make_key(tmp_path / "other")
    other = read_public_key(tmp_path / "other.pub")
    assert "signed by another key" in str(verify_ledger(signed.path, other).finding)
    assert ": not signed; the key given is" in str(verify_ledger(ledger.path, other).finding)


def test_one_who_signs_the_whole_ledger_again_does_so_by_another_key(
    signed: Ledger, tmp_path: Path, clock: Clock
) -> None:
    make_key(tmp_path / "forger")
    forged = Ledger(tmp_path / "forged", clock, read_signing_key(tmp_path / "forger"))
    forged.create(Rules(step=0.1, seed="s"))
    scored(forged, submission("1"), 0.1)
    assert forged.read()  # all is well by the key that it names
    forged.path.replace(signed.path)
    assert "signed by another key" in str(finding(signed))


def test_a_signed_ledger_takes_no_line_without_its_key(signed: Ledger, tmp_path: Path) -> None:
    before = signed.path.read_bytes()
    make_key(tmp_path / "other")
    for key in (None, read_signing_key(tmp_path / "other")):
        with pytest.raises(UsageError, match="every line is signed by the key"):
            Ledger(signed.path, signed.clock, key).close("ann", "the end")
    assert signed.path.read_bytes() == before
    signed.close("ann", "the end")  # the control


def test_a_ledger_that_was_made_without_a_key_takes_no_signed_line(
    signed: Ledger, ledger: Ledger
) -> None:
    with pytest.raises(UsageError, match="made without a key"):
        Ledger(ledger.path, ledger.clock, signed.signing_key).read_to_add()


def test_a_line_that_was_cut_off_in_a_signed_ledger_is_told_with_what_to_do(
    signed: Ledger,
) -> None:
    whole = signed.path.read_bytes()
    signed.path.write_bytes(whole[:-40])
    with pytest.raises(UsageError, match=r"line 3: not signed.*remove it"):
        signed.close("ann", "the end")
    signed.path.write_bytes(whole.removesuffix(b"\n"))  # no more than a line break is missing
    signed.close("ann", "the end")
    assert finding(signed) is None


@pytest.mark.parametrize("named", ["", "xyz", 7, [], "00"])
def test_what_is_no_key_in_the_first_line_is_told(signed: Ledger, named: object) -> None:
    first, *lines = signed.path.read_text().splitlines()
    signed.path.write_text("\n".join([json.dumps(json.loads(first) | {"key": named}), *lines]))
    with pytest.raises(UsageError, match="line 1: not signed"):
        signed.read()


def test_who_may_not_write_a_ledger_can_read_it_and_is_not_told_to_make_another(
    open_folder: Path,
) -> None:
    ledger = Ledger(open_folder / "ledger")
    ledger.create(Rules(step=0.1, seed="s"))
    scored(ledger, submission("1"), 0.5)
    ledger.path.chmod(0o444)
    with without_rights():
        assert len(ledger.attempts()) == 1
        with pytest.raises(UsageError, match=r"read and written \(Permission denied\)\.$"):
            ledger.close("ann", "the end")


def test_an_entry_that_does_not_fit_leaves_the_ledger_as_it_was(ledger: Ledger) -> None:
    scored(ledger, submission(), 0.3)
    before = ledger.path.read_bytes()
    with room_for(len(before) + 20), pytest.raises(UsageError, match="read and written"):
        ledger.admit(submission(image="sha256:2"), "image")
    assert ledger.path.read_bytes() == before
    ledger.admit(submission(image="sha256:2"), "image")
    assert len(ledger.path.read_bytes()) > len(before)


def test_a_ledger_that_does_not_fit_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    with room_for(20), pytest.raises(UsageError, match="can't be created"):
        Ledger(tmp_path / "l").create(Rules(seed="s"))
    assert list(tmp_path.iterdir()) == []
