"""Builds and audits suites."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from runner.api.announcing import Announce, AnnouncedLines, log_line
from runner.api.checked import LocalPlace, Place, checked
from runner.api.opened_suites import OpenedSuite, open_suite
from runner.api.tables import html_table
from runner.audit import audit
from runner.building import build
from runner.suites.opening import open_suite as open_built_suite
from runner.suites.spec_file import make_spec, read_spec

COLUMNS = ("kind", "case", "file", "column", "what", "advice")


class SuiteAudit:
    """The leaks that an audit found in a suite, which predictors could exploit.

    Attributes:
        audit: the runner's own object; not part of the stable interface.
    """

    def __init__(self, found: audit.Audit) -> None:
        self.audit = found

    @property
    def leaks(self) -> pd.DataFrame:
        """One row per leak: kind, case, file, column, what, advice. Empty if there is none."""
        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def _rows(self) -> list[list[str]]:
        return [[getattr(leak, name) for name in COLUMNS] for leak in self.audit.leaks]

    def __len__(self) -> int:
        return len(self.audit.leaks)

    def __repr__(self) -> str:
        return f"<SuiteAudit: {len(self)} leaks>"

    def _repr_html_(self) -> str:
        return html_table(f"{len(self)} leaks", COLUMNS, self._rows())


@checked
def build_suite(
    spec: Mapping[str, Any] | LocalPlace,
    directory: LocalPlace,
    *,
    announce: Announce = log_line,
) -> OpenedSuite:
    """Build a suite from HELM runs; keep an existing one if nothing has changed.

    Args:
        spec: the fields of a suite's spec, or its YAML file; docs/suites.md has every field. Paths
            in a mapping are relative to the working directory, those in a file to the file.
        directory: where the suite is written; an existing suite there is replaced.
        announce: called with each warning.

    Raises:
        SuiteError: a field is wrong, the runs can't be read or divided, or the audit found what
            the spec does not accept.
        UsageError: the directory holds something else, or can't be written.
    """
    fields = make_spec(spec, "the spec") if isinstance(spec, Mapping) else read_spec(Path(spec))
    build.build_suite(fields, Path(directory), AnnouncedLines(announce))
    return OpenedSuite(open_built_suite(Path(directory)), ExitStack())


@checked
def audit_suite(suite: Place | OpenedSuite) -> SuiteAudit:
    """Search for leaks in the part of a suite that containers see.

    Args:
        suite: an open suite, e.g. one with its private half elsewhere, or its name or path as
            ``runner.open_suite`` takes it.

    Raises:
        SuiteError: the suite can't be used.
    """
    if not isinstance(suite, OpenedSuite):
        with open_suite(suite) as opened:
            return audit_suite(opened)
    return SuiteAudit(audit.audit_suite(suite.suite))
