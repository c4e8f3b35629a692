import pytest

from runner.sandbox.log import CUT_MARK, STORED_LINE_BYTES, cut_log

LINE = b"x" * 19 + b"\n"
STORED = len(LINE) + STORED_LINE_BYTES


def test_a_log_that_fits_is_whole_and_not_marked() -> None:
    log = cut_log(LINE * 10, 10 * STORED)
    assert (log.content, log.is_cut) == (LINE * 10, False)


def test_a_longer_one_loses_its_beginning_and_says_so() -> None:
    log = cut_log(b"first\n" + LINE * 10, 10 * STORED)
    assert (log.content, log.is_cut) == (CUT_MARK + LINE * 10, True)


def test_one_endless_line_keeps_its_end() -> None:
    log = cut_log(b"a" * 500 + b"b" * 100, 100)
    assert (log.content, log.is_cut) == (CUT_MARK + b"b" * 100, True)


@pytest.mark.parametrize("character", [b"\x00", b"\x1b", b"<", b"\xff"])
def test_what_the_engine_stores_in_six_bytes_counts_as_six(character: bytes) -> None:
    line = character * 100 + b"\n"
    assert cut_log(line, 600 + STORED_LINE_BYTES).is_cut
    assert not cut_log(line, 602 + STORED_LINE_BYTES).is_cut


def test_control_plain_characters_count_once() -> None:
    assert not cut_log(b"x" * 100 + b"\n", 101 + STORED_LINE_BYTES).is_cut
