"""Arguments that several commands have."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from runner.cli.options import report_argument


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("results/a/report.json", "results/a"),
        ("results/a", "results/a"),
        ("memory://results/a/report.json", "memory://results/a"),
        ("results/report.json.d", "results/report.json.d"),
    ],
)
def test_a_report_is_named_by_its_directory_or_its_file(named: str, meant: str) -> None:
    found: list[Path] = []

    @click.command
    @report_argument
    def verify(directory: Path) -> None:
        found.append(directory)

    CliRunner().invoke(verify, [named], catch_exceptions=False)
    assert [str(path).removesuffix("/") for path in found] == [meant]
