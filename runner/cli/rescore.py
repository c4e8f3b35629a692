"""``runner rescore``."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner.api.opened_suites import open_suite
from runner.api.rescoring import RescoredResults, rescore_with
from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.errors import ExitCode
from runner.files.signatures import read_signing_key
from runner.leaderboard.rank_moves import RankMove
from runner.reports.changed_targets import ChangedTarget
from runner.text_tables import text_table

MOST_TARGETS = 40


def rescore(
    directory: Path, suite: str, private: Path | None, sign_with: Path | None, as_json: bool
) -> ExitCode:
    """Score reports again, print what changed, and return the exit code."""
    key = None if sign_with is None else read_signing_key(sign_with)
    display = open_display()
    with open_suite(suite, private=private, announce=display.say) as opened:
        done = rescore_with(directory, opened, display, key)
    with display.aside():
        if as_json:
            echo_json(_to_json(done))
        else:
            for line in _lines(done):
                echo(line)
        for path, reasons in done.refused.items():
            display.say(f"refused: {path}: {'; '.join(reasons)}")
    if done.refused:
        display.say(
            "Refused reports stay as they are. `runner evaluate` runs their images on the new "
            "version of the suite."
        )
    return ExitCode.BAD_SUITE if done.refused else ExitCode.SCORED


def _to_json(done: RescoredResults) -> dict[str, Any]:
    return {
        "suite": done.suite,
        "current": done.current,
        "reports": [asdict(one) for one in done.moves],
        "targets": [asdict(one) for one in done.changes],
        "refused": [
            {"report": str(path), "reasons": lines} for path, lines in done.refused.items()
        ],
    }


def _lines(done: RescoredResults) -> list[str]:
    suite = f"{done.suite['name']} {done.suite['version']} {done.suite['digest']}"
    count = len(done.reports)
    head = f"{count} report{'' if count == 1 else 's'} scored again on {suite}"
    lines = [head, *([f"{done.current} were on it already"] if done.current else [])]
    if not count:
        return lines
    by_ledger = [
        f"ranks: `runner leaderboard DIR --ledger {ledger}` has them" for ledger in done.ledgers
    ]
    moves = [*_rank_lines(done.moves), *by_ledger]
    return [*lines, "", *_target_lines(done.changes), "", *moves]


def _target_lines(changes: Sequence[ChangedTarget]) -> list[str]:
    if not changes:
        return ["no target's actual has changed"]
    heads = ["case", "run", "instance", "stat", "actual before", "now"]
    rows = [
        [
            one.case,
            one.run_spec_name,
            one.instance_id or "-",
            one.stat,
            _number(one.before),
            _number(one.now),
        ]
        for one in changes[:MOST_TARGETS]
    ]
    left = len(changes) - MOST_TARGETS
    more = [f"... and {left} more; --json prints all."] if left > 0 else []
    return [f"actuals that changed: {len(changes)}", *text_table([heads, *rows]), *more]


def _rank_lines(moves: Sequence[RankMove]) -> list[str]:
    heads = ["rank before", "now", "submitter", "image", "score before", "now"]
    rows = [
        [
            one.rank_before or "-",
            one.rank or "-",
            one.submitter,
            one.image,
            _number(one.value_before),
            _number(one.value),
        ]
        for one in moves
    ]
    return text_table([heads, *rows])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
