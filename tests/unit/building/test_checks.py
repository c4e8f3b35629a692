import re
from pathlib import Path
from typing import Any

import pytest

from runner.errors import SuiteError
from tests.helm_builder import write_suite
from tests.suite_builder import build


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"scoring": {"scenario_weights": {"Nothing()": 2}}}, "no scenario of the suite. It has: "),
        ({"scoring": {"primary": "brier"}}, "brier is of instance_targets, and the suite has none"),
        ({"instance_targets": ["nosuch"]}, "no revealed instance of an eval run has the stat"),
    ],
)
def test_scoring_rules_that_could_rank_nothing_are_refused(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(SuiteError, match=re.escape(message)):
        build(write_suite(tmp_path), tmp_path / "suite", **fields)


def test_a_scenario_is_named_in_the_weights_as_the_suite_shows_it(tmp_path: Path) -> None:
    suite = build(write_suite(tmp_path), tmp_path / "suite")
    scenario = suite.cases[0].eval_runs[0].scenario
    weights = {"scenario_weights": {scenario: 0}}
    with pytest.raises(SuiteError, match="all scenarios have the weight 0"):
        build(tmp_path / "benchmark_output/runs/v1", tmp_path / "zero", scoring=weights)
    weights = {"scenario_weights": {scenario: 2}}
    assert build(tmp_path / "benchmark_output/runs/v1", tmp_path / "two", scoring=weights).cases
