"""A report of which only what it is ranked by is kept: it is read twice as fast.

What the whole report is refused for, this one is refused for too.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import GetPydanticSchema
from pydantic_core import CoreSchema
from pydantic_core import core_schema as core

from runner.reports.helm_fields import LARGEST
from runner.reports.report import CaseRecord, Report, TargetRecord, parse_as


def _with_fields(required: dict[str, CoreSchema], others: dict[str, CoreSchema]) -> CoreSchema:
    """Return the schema of a dict that keeps these fields alone."""
    fields = {
        **{name: core.typed_dict_field(schema) for name, schema in required.items()},
        **{name: core.typed_dict_field(schema, required=False) for name, schema in others.items()},
    }
    return core.typed_dict_schema(fields, extra_behavior="ignore")


_whole = core.int_schema(strict=True, gt=-LARGEST, lt=LARGEST)
_either = core.union_schema([core.is_instance_schema(float), _whole], mode="left_to_right")
_number = core.nullable_schema(core.chain_schema([core.any_schema(), _either]))
_text = core.nullable_schema(core.str_schema())
_perturbation = core.typed_dict_schema(
    {"computed_on": core.typed_dict_field(_text, required=False)}, extra_behavior="allow"
)
_stat = _with_fields({"mean": _number}, {"stddev": _number})
_name = _with_fields(
    {"name": core.str_schema()},
    {"split": _text, "sub_split": _text, "perturbation": core.nullable_schema(_perturbation)},
)
_StatFields = Annotated[dict[str, Any], GetPydanticSchema(lambda *_: _stat)]
_StatName = Annotated[dict[str, Any], GetPydanticSchema(lambda *_: _name)]


class _ScoredTarget(TargetRecord):
    name: _StatName
    actual: _StatFields
    predicted: _StatFields | None


class _ScoredCase(CaseRecord):
    targets: tuple[_ScoredTarget, ...]
    instance_targets: tuple[_ScoredTarget, ...]


class ScoredReport(Report):
    """A report whose stats have a mean and a stddev only, and whose names what names a target."""

    cases: tuple[_ScoredCase, ...]


def parse_scored(path: Path, content: bytes) -> ScoredReport:
    """Return what a leaderboard needs of the report that a file holds.

    Raises:
        SuiteError: it is not of this schema version.
    """
    return parse_as(ScoredReport, path, content)
