"""A suite is the same however many processes make it, and so are its errors."""

from pathlib import Path
from typing import Any

import pytest

from runner import processes
from runner.building import build, many_runs
from runner.building.build import build_suite
from runner.building.sources import digest_sources
from runner.errors import SuiteError
from runner.suites.spec_file import make_spec
from tests.helm_builder import write_suite
from tests.suite_builder import WARN_ONLY


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many processes were asked for, each time; small suites have several too."""
    counts: list[int] = []

    def count(number: int, scratch: Path) -> processes.Processes:
        counts.append(number)
        return processes.Processes(number, scratch)

    monkeypatch.setattr(many_runs, "count_cores", lambda: 2)
    monkeypatch.setattr(many_runs, "LEAST_BYTES", 0)
    monkeypatch.setattr(many_runs, "BYTES_AT_ONCE", 1)
    monkeypatch.setattr(many_runs, "Processes", count)
    return counts


def digest_of(source: Path, into: Path) -> str:
    """Return the digest of a suite with a case for each run, built without a salt."""
    division = {"method": "leave_one_out", "by": "run"}
    fields = {"name": "v1", "version": "1", "helm_runs": [str(source)], "division": division}
    spec = make_spec({**WARN_ONLY, **fields}, "the test")
    return build_suite(spec, into, is_kept=False).suite.digest


def test_a_suite_of_several_processes_has_the_digest_of_one(
    tmp_path: Path, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_suite(tmp_path)
    several = digest_of(source, tmp_path / "several")
    assert asked == [2]
    monkeypatch.setattr(many_runs, "count_cores", lambda: 1)
    assert digest_of(source, tmp_path / "one") == several
    assert asked == [2]


def test_a_run_that_is_not_helms_is_named(tmp_path: Path, asked: list[int]) -> None:
    source = write_suite(tmp_path)
    stats = max(source.rglob("stats.json"))
    stats.write_text("{")
    with pytest.raises(SuiteError) as found:
        digest_of(source, tmp_path / "suite")
    assert str(stats) in str(found.value)
    assert asked == [2]


def test_small_suites_do_not_wait_for_other_processes(tmp_path: Path) -> None:
    files = write_suite(tmp_path).rglob("*.json")
    assert sum(path.stat().st_size for path in files) < many_runs.LEAST_BYTES


@pytest.mark.parametrize("cores", [1, 2])
def test_a_run_that_is_removed_meanwhile_is_named(
    tmp_path: Path, asked: list[int], monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr(many_runs, "count_cores", lambda: cores)
    source = write_suite(tmp_path)
    stats = max(source.rglob("stats.json"))

    def digest_and_remove(*given: Any) -> dict[str, dict[str, str]]:
        digests = digest_sources(*given)
        stats.unlink()
        return digests

    monkeypatch.setattr(build, "digest_sources", digest_and_remove)
    with pytest.raises(SuiteError) as found:
        digest_of(source, tmp_path / "suite")
    assert str(found.value) == f"{stats}: No such file or directory"
    assert asked == []
