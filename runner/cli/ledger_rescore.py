"""``runner ledger rescore``: what was told, on a corrected version of the suite."""

from dataclasses import asdict
from pathlib import Path

from runner.api.opened_suites import open_suite
from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.files.signatures import read_signing_key
from runner.submissions.correction import correct_ledger
from runner.submissions.ledger import Ledger
from runner.text_tables import text_table
from runner.untrusted import printable


def rescore_by_ledger(
    file: Path,
    directory: Path,
    suite: str,
    private: Path | None,
    why: str,
    by: str,
    sign_with: Path | None,
    as_json: bool,
) -> int:
    """Replace a ledger's scores, and print what is told now: nothing else may be seen."""
    key = None if sign_with is None else read_signing_key(sign_with)
    display = open_display()
    ledger = Ledger(file, signing_key=key)
    with open_suite(suite, private=private, announce=display.say) as opened:
        told = correct_ledger(ledger, directory, opened.suite, by, why, display)
    with display.aside():
        if as_json:
            echo_json([asdict(each) for each in told])
            return 0
        heads = ["id", "submitter", "image", "told before", "now"]
        rows = [
            [
                each.id,
                printable(each.submitter),
                printable(each.image),
                f"{each.before:.6g}",
                f"{each.now:.6g}",
            ]
            for each in told
        ]
        for line in text_table([heads, *rows]):
            echo(line)
    return 0
