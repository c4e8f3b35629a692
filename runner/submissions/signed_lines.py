"""Lines of JSON objects, each signed together with all lines before it.

So no line can be changed, put in, left out or moved. Lines that are missing at the end can't be
told: what is left was signed like this, once.
"""

import hashlib
import re
from collections.abc import Sequence

from runner.files.signatures import PublicKey, SigningKey

BEGINNING = b"line of a ledger\n"
"""Of what is signed: nothing else that the key signs begins like it."""

_SIGNED = re.compile(rb'(\{.*),"signature":"([0-9a-f]{128})"\}')


class ChangedLineError(ValueError):
    """A line is not as it was signed.

    Attributes:
        number: which, counted from 1.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number}: not signed, or changed since then, or moved")
        self.number = number


def sign_line(line: bytes, before: Sequence[bytes], key: SigningKey) -> bytes:
    """Return a line, which is a JSON object, with its signature as the object's last field."""
    before_it = hashlib.sha256(b"".join(each + b"\n" for each in before))
    signature = key.sign(BEGINNING + before_it.digest() + line).hex()
    return line[:-1] + f',"signature":"{signature}"}}'.encode()


def check_lines(lines: Sequence[bytes], key: PublicKey) -> list[bytes]:
    """Return the lines as they were before they were signed.

    Raises:
        ChangedLineError: the first line that this key has not signed after those before it.
    """
    unsigned = []
    before_it = hashlib.sha256()
    for number, line in enumerate(lines, 1):
        found = _SIGNED.fullmatch(line)
        body = b"" if found is None else found[1] + b"}"
        signature = b"" if found is None else bytes.fromhex(found[2].decode())
        if not key.has_signed(BEGINNING + before_it.digest() + body, signature):
            raise ChangedLineError(number)
        unsigned.append(body)
        before_it.update(line + b"\n")
    return unsigned
