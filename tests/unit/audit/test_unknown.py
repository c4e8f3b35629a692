from pathlib import Path

from runner.building.build import Built, build_suite
from runner.importing.importing import import_results
from runner.suites.overview import details
from runner.suites.spec_file import make_spec
from tests.helm_builder import request_state, run_files, stat, write_run, write_suite
from tests.imports import DATA
from tests.suite_builder import shared


def imported_suite(root: Path, *others: Path, **fields: object) -> Built:
    """Return a suite of lm-eval's runs, and of others below some directories."""
    import_results(DATA / "lm_eval", root / "bo")
    given = {
        "name": "x",
        "version": "1",
        "helm_runs": [str(root / "bo"), *map(str, others)],
        "targets": ["acc"],
        "division": {"method": "holdout", "by": "model"},
        "accept": ["twins", "derivable"],
        **fields,
    }
    return build_suite(make_spec(given, "the test"), root / "suite")


def unknown(built: Built) -> tuple[str, ...]:
    """Return what the audit of a suite that was built says is unknown."""
    assert built.audit is not None
    return built.audit.unknown


def test_of_imported_runs_the_audit_says_what_is_unknown() -> None:
    (words, silent) = unknown(shared(imported_suite))
    assert words.startswith("12 runs are from lm-evaluation-harness: it is unknown whether two")
    assert silent.startswith("3 runs have no completions")


def test_control_of_helms_own_runs_nothing_is_unknown(tmp_path: Path) -> None:
    spec = make_spec(
        {
            "name": "x",
            "version": "1",
            "helm_runs": [str(write_suite(tmp_path))],
            "keep_together": [],
            "accept": ["twins", "derivable"],
        },
        "the test",
    )
    built = build_suite(spec, tmp_path / "suite")
    assert unknown(built) == ()
    assert details(built.suite)["imported"] == []


def test_runs_of_several_sources_may_share_scenarios_under_other_names(tmp_path: Path) -> None:
    built = imported_suite(tmp_path, write_suite(tmp_path / "helm"))
    said = "from HELM and lm-evaluation-harness, which name"
    assert any(said in words for words in unknown(built))


def test_without_gold_it_is_unknown_whether_scores_can_be_computed(tmp_path: Path) -> None:
    hidden = imported_suite(tmp_path / "a", revealed={"gold": False, "instances": 2})
    shown = imported_suite(tmp_path / "b", revealed={"instances": 2})
    words = "6 completions of imported runs are revealed, and no reference"
    assert [
        any(each.startswith(words) for each in unknown(built)) for built in (hidden, shown)
    ] == [True, False]


def test_a_suite_says_what_its_imported_runs_have_lost() -> None:
    records = details(shared(imported_suite).suite)["imported"]
    assert sum(len(record["runs"]) for record in records) == 12
    assert all("perturbations: the harness has none" in record["lost"] for record in records)


def test_a_run_without_instances_has_an_unknown_share(tmp_path: Path) -> None:
    for number in range(4):
        name = f"a:x={number}"
        files = run_files(name, stats=[stat("acc", 0.5)], request_states=[request_state("id1")])
        partial = {key: files[key] for key in ("run_spec.json", "stats.json")}
        write_run(tmp_path / "helm" / "runs" / "v1", name, partial)
    spec = make_spec(
        {
            "name": "x",
            "version": "1",
            "helm_runs": [str(tmp_path / "helm")],
            "partial_runs": "use",
            "targets": ["acc"],
            "keep_together": [],
            "accept": ["twins"],
        },
        "the test",
    )
    audited = build_suite(spec, tmp_path / "suite").audit
    assert audited is not None
    figure = str(audited.derivability["case-1"])
    assert "an unknown share of the actuals" in figure
    assert "of 1 it is unknown, as their runs have no" in figure
    assert any("runs have no completions" in words for words in audited.unknown)
