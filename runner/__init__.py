"""Evaluate containerized predictors of HELM stats, from Python: see docs/python.md.

Imports nothing before a name is used: the base image carries this file beside the contract alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.api.building import SuiteAudit, audit_suite, build_suite
    from runner.api.comparing import Comparison, compare_reports
    from runner.api.evaluating import evaluate
    from runner.api.local_scoring import score, try_predictor
    from runner.api.opened_reports import LocalScore, OpenedReport, read_report
    from runner.api.opened_suites import OpenedCase, OpenedSuite, open_suite
    from runner.api.placement import Local, Ray
    from runner.api.ranking import Ranking, rank_reports
    from runner.api.rescoring import RescoredResults, rescore
    from runner.api.score_table import ScoreTable
    from runner.api.verifying import verify_report
    from runner.contract.predictor import Predictor
    from runner.contract.stat import InstanceTarget, MetricName, Stat, Target
    from runner.errors import (
        BuildError,
        EngineError,
        RunnerError,
        SubmissionError,
        SuiteError,
        UsageError,
    )
    from runner.output.findings import InvalidOutputError
    from runner.reports.own_metrics import OwnMetric, OwnScore, metric

__all__ = [
    "BuildError",
    "Comparison",
    "EngineError",
    "InstanceTarget",
    "InvalidOutputError",
    "Local",
    "LocalScore",
    "MetricName",
    "OpenedCase",
    "OpenedReport",
    "OpenedSuite",
    "OwnMetric",
    "OwnScore",
    "Predictor",
    "Ranking",
    "Ray",
    "RescoredResults",
    "RunnerError",
    "ScoreTable",
    "Stat",
    "SubmissionError",
    "SuiteAudit",
    "SuiteError",
    "Target",
    "UsageError",
    "audit_suite",
    "build_suite",
    "compare_reports",
    "evaluate",
    "metric",
    "open_suite",
    "rank_reports",
    "read_report",
    "rescore",
    "score",
    "try_predictor",
    "verify_report",
]

_NAMES = {
    "api.building": ("SuiteAudit", "audit_suite", "build_suite"),
    "api.comparing": ("Comparison", "compare_reports"),
    "api.evaluating": ("evaluate",),
    "api.local_scoring": ("score", "try_predictor"),
    "api.opened_reports": ("LocalScore", "OpenedReport", "read_report"),
    "api.opened_suites": ("OpenedCase", "OpenedSuite", "open_suite"),
    "api.placement": ("Local", "Ray"),
    "api.ranking": ("Ranking", "rank_reports"),
    "api.rescoring": ("RescoredResults", "rescore"),
    "api.score_table": ("ScoreTable",),
    "api.verifying": ("verify_report",),
    "contract.predictor": ("Predictor",),
    "contract.stat": ("InstanceTarget", "MetricName", "Stat", "Target"),
    "errors": (
        "BuildError",
        "EngineError",
        "RunnerError",
        "SubmissionError",
        "SuiteError",
        "UsageError",
    ),
    "output.findings": ("InvalidOutputError",),
    "reports.own_metrics": ("OwnMetric", "OwnScore", "metric"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Return a public name, after importing the module that has it."""
    if name not in _MODULES:
        raise AttributeError(f"module 'runner' has no attribute {name!r}")
    return getattr(import_module(f"runner.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
