"""A report of which only what it is ranked by is kept: it is read twice as fast.

What the whole report is refused for, this one is refused for too.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, GetPydanticSchema, TypeAdapter
from pydantic_core import CoreSchema
from pydantic_core import core_schema as core

from runner.reports.helm_fields import LARGEST, RunSpecColumns
from runner.reports.report import CaseRecord, Report, TargetRecord, parse_as
from runner.scores.scenarios import SCENARIO_ARGS, TEXT_COLUMNS


def _with_fields(required: dict[str, CoreSchema], others: dict[str, CoreSchema]) -> CoreSchema:
    """Return the schema of a dict that keeps these fields alone."""
    fields = {
        **{name: core.typed_dict_field(schema) for name, schema in required.items()},
        **{name: core.typed_dict_field(schema, required=False) for name, schema in others.items()},
    }
    return core.typed_dict_schema(fields, extra_behavior="ignore")


_whole = core.int_schema(strict=True, gt=-LARGEST, lt=LARGEST)
_finite = core.float_schema(strict=True, allow_inf_nan=False)
_either = core.union_schema(
    [core.chain_schema([core.is_instance_schema(float), _finite]), _whole], mode="left_to_right"
)
_number = core.chain_schema([core.any_schema(), _either])
_text = core.nullable_schema(core.str_schema())
_perturbation = core.typed_dict_schema(
    {"computed_on": core.typed_dict_field(_text, required=False)}, extra_behavior="allow"
)
_stat = _with_fields({"mean": _number}, {"stddev": core.nullable_schema(_number)})
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
    place = _find_specs(content)
    with suppress(ValueError):  # of another form: it is read as a whole
        if place is not None:
            whole = memoryview(content)
            specs = _read_specs(bytes(whole[place]))
            others = (whole[: place.start], _IN_THEIR_PLACE, whole[place.stop :])
            report = ScoredReport.model_validate_json(b"".join(others))
            if report.eval_run_specs == json.loads(_IN_THEIR_PLACE):
                return report.model_copy(update={"eval_run_specs": specs})
    return parse_as(ScoredReport, path, content)


_KEY, _BEGIN, _END = b'"eval_run_specs"', b'\n  "eval_run_specs": ', b"\n  },\n"
_IN_THEIR_PLACE = b'{"run": {"specs": "are read apart"}}'


def _find_specs(content: bytes) -> slice | None:
    """Return where in a report the run specs are, if it has the form in which it is written.

    They are a fifth of it, and the same in all reports on a suite. No text in JSON has a newline,
    so what stands behind the only such key, and is JSON by itself, is its value.
    """
    begin, end = content.find(_BEGIN), content.find(_END, content.find(_BEGIN))
    if begin < 0 or end < 0 or content.count(_KEY) != 1:
        return None
    return slice(begin + len(_BEGIN), end + _END.index(b","))


@lru_cache(maxsize=8)
def _read_specs(content: bytes) -> Mapping[str, Mapping[str, Any]]:
    """Return the columns that name the scenario and the model of each run.

    Raises:
        ValueError: they are no run specs.
    """
    return {
        run: {
            name: value
            for name, value in columns.items()
            if name in TEXT_COLUMNS or name.startswith(SCENARIO_ARGS)
        }
        for run, columns in _SPECS.validate_json(content).items()
    }


_SPECS = TypeAdapter(Mapping[str, RunSpecColumns], config=ConfigDict(defer_build=True))
