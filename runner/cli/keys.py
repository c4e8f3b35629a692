"""``runner keys``: the key that signs an organizer's reports and ledgers."""

from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.files.signatures import make_key


def make(file: Path, as_json: bool) -> int:
    """Make a key, and print where its halves are."""
    public_file, public = make_key(file)
    if as_json:
        echo_json({"private": str(file), "public": str(public_file), "key": public.hex})
    else:
        echo(f"private key, to keep: {file}")
        echo(f"public key, to give away: {public_file}")
    return 0
