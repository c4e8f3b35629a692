"""Suites built and audited from Python."""

from pathlib import Path
from typing import Any

import pytest

import runner
from tests.helm_builder import write_suite
from tests.suite_builder import WARN_ONLY


def spec(runs: Path) -> dict[str, Any]:
    return {"name": "v1", "version": "1", "helm_runs": [str(runs)], **WARN_ONLY}


def test_a_suite_is_built_from_the_fields_of_a_spec(tmp_path: Path) -> None:
    built = runner.build_suite(spec(write_suite(tmp_path)), tmp_path / "v1")
    assert built.digest == runner.open_suite(tmp_path / "v1").digest


def test_a_suite_is_built_from_a_file(tmp_path: Path) -> None:
    runs = write_suite(tmp_path)
    (tmp_path / "v1.yaml").write_text(
        f"name: v1\nversion: '1'\nhelm_runs: ['{runs}']\nkeep_together: []\n"
        "accept: [twins, derivable, shared]\nrevealed: {instances: 2}\n"
    )
    built = runner.build_suite(tmp_path / "v1.yaml", tmp_path / "v1")
    again = runner.build_suite(spec(runs), tmp_path / "again")
    assert built.suite.inputs_digests == again.suite.inputs_digests


def test_a_wrong_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(runner.SuiteError, match="revealled"):
        runner.build_suite({**spec(tmp_path), "revealled": {}}, tmp_path / "v1")


def test_an_audit_has_a_row_per_leak(tmp_path: Path) -> None:
    built = runner.build_suite(spec(write_suite(tmp_path)), tmp_path / "v1")
    audit = runner.audit_suite(built)
    assert list(audit.leaks.columns) == ["kind", "case", "file", "column", "what", "advice"]
    assert len(audit.leaks) == len(audit)
    assert f"{len(audit)} leaks" in audit._repr_html_()
    assert repr(audit) == repr(runner.audit_suite(tmp_path / "v1"))


def test_warnings_are_announced(tmp_path: Path) -> None:
    lines: list[str] = []
    fields = spec(write_suite(tmp_path))
    runner.build_suite(fields, tmp_path / "v1", announce=lines.append)
    runner.build_suite(fields, tmp_path / "v1", announce=lines.append)
    assert any("nothing has changed" in line for line in lines)
