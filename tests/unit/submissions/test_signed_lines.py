import json
from pathlib import Path

import pytest

from runner.files.signatures import make_key, read_signing_key
from runner.submissions.signed_lines import ChangedLineError, check_lines, sign_line


def test_lines_come_back_as_they_were_and_stay_json(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    key = read_signing_key(tmp_path / "key")
    lines = [b'{"a": 1}', b'{"b":"},\\"signature\\":\\"x"}']
    signed: list[bytes] = []
    for line in lines:
        signed.append(sign_line(line, signed, key))
    assert check_lines(signed, key.public) == lines
    assert all("signature" in json.loads(line) for line in signed)


@pytest.mark.parametrize("at", range(0, 150, 10))
def test_any_changed_byte_is_found_in_its_line(tmp_path: Path, at: int) -> None:
    make_key(tmp_path / "key")
    key = read_signing_key(tmp_path / "key")
    first = sign_line(b'{"a": 1}', [], key)
    second = bytearray(sign_line(b'{"b": 2}', [first], key))
    second[at] ^= 1
    with pytest.raises(ChangedLineError, match="line 2"):
        check_lines([first, bytes(second)], key.public)
