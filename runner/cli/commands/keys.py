"""``runner keys``: the key that signs an organizer's reports and ledgers."""

import click

from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option

EXAMPLES = """\b
Examples:
  runner keys make organizer.key
  runner evaluate IMAGE --suite mmlu --sign-with organizer.key
  runner ledger init my.ledger --sign-with organizer.key
  runner verify results/mmlu/IMAGE --key organizer.key.pub
"""


@click.group(epilog=EXAMPLES)
def keys() -> None:
    """Make the key that signs your reports and ledgers.

    Whoever has the public key can then verify that you made them, and that nothing was changed
    since.
    """


@keys.command(epilog=EXAMPLES)
@click.argument("file", metavar="KEY", type=LocalPath(dir_okay=False))
@json_option
@does("runner.cli.keys:make")
def make() -> None:
    """Make a private key, KEY, and its public key, KEY.pub.

    Only you may read KEY. It has no password, so keep it where nobody else comes: not on a machine
    on which strangers log in, and in no repository. Give KEY.pub to everyone, by a way that they
    trust. Both are PEM files with an Ed25519 key, which OpenSSL reads too.
    """
