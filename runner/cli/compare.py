"""``runner compare``."""

from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.cli.options import refuse_several
from runner.errors import UsageError
from runner.files.stores import is_remote
from runner.leaderboard.paired import PairedDifference, PairedEvaluations, Side, pair_evaluations
from runner.pages.compare_page import compare_page
from runner.pages.page import write_page
from runner.pages.report_data import stat_text
from runner.reports.report import read_report
from runner.scores.score import LEVEL
from runner.submissions.told import refuse_without_ledger
from runner.text_tables import text_table
from runner.untrusted import printable

PAGE = "compare.html"
MOST_TARGETS = 10


def compare(
    directories: tuple[Path, ...],
    metric: str | None,
    html: bool,
    output: Path | None,
    as_json: bool,
) -> int:
    """Print how evaluations differ, or write the page of it."""
    refuse_several(json=as_json, html=html or output is not None)
    refuse_without_ledger(directories)
    if len(set(directories)) < len(directories):
        raise UsageError("The same report is named twice.")
    with open_display().task("comparing"):
        sides = [Side.of(directory, read_report(directory)) for directory in directories]
        paired = pair_evaluations(sides, metric)
    if html or output is not None:
        first = directories[0]
        place = output or (Path(PAGE) if is_remote(first) else first.with_name(PAGE))
        write_page(place, compare_page(paired, with_actuals=True), is_private=True)
        echo(f"page: {place}")
    elif as_json:
        head = {"suite": paired.suite, "version": paired.version, "digest": paired.digest}
        echo_json({**head, "metric": paired.metric.name, "differences": paired.rows()})
    else:
        for other in range(1, len(paired.names)):
            _print_pair(paired, other)
    return 0


def _print_pair(paired: PairedEvaluations, other: int) -> None:
    """Print the first evaluation less another one."""
    first, second = (printable(paired.names[number]) for number in (0, other))
    metric, rows = paired.metric, paired.of_pair(0, other)
    title = f"{printable(paired.suite)} {printable(paired.version)}, {metric.title}"
    echo(f"{first} less {second} on {title} ({metric.better} is better)")
    heads = [first, second, "difference", f"{LEVEL:.0%} interval", "P(first is better)", "targets"]
    for category in dict.fromkeys(row.category for row in rows):
        of_category = [row for row in rows if row.category == category]
        words = "" if category is None else f"by {category}"
        echo("\n".join(["", *text_table([[words, *heads], *map(_cells, of_category)])]))
    for note in dict.fromkeys(row.difference.note for row in rows if row.category is None):
        echo("" if note is None else f"\nnote: {note}")
    echo("\ntargets in which they differ most")
    table = [["run", "stat", "actual", first, second]]
    for row in paired.most_different(0, other)[:MOST_TARGETS].iter_rows(named=True):
        values = (row["actual_mean"], row["predicted.0"], row[f"predicted.{other}"])
        table.append([row["run_spec.name"], stat_text(row), *map(_number, values)])
    echo("\n".join([*text_table(table), ""]))


def _cells(row: PairedDifference) -> list[str]:
    found = row.difference
    interval = "-" if found.low is None else f"{found.low:.4f} to {found.high:.4f}"
    return [
        "all" if row.category is None else row.group or "(none)",
        *map(_number, (row.first_value, row.second_value)),
        f"{found.value:+.4f}",
        interval,
        f"{found.probability_better:.3f}",
        str(row.targets),
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
