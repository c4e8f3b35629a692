"""A spec file, as people write it, read into a spec."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from runner.errors import SuiteError
from runner.files.wrong_fields import validate
from runner.files.yaml_files import YamlForm, read_yaml
from runner.suites.division_spec import Division, Extrapolate
from runner.suites.spec import SuiteSpec

_SPEC = YamlForm(
    TypeAdapter(SuiteSpec), "a mapping with name, version and helm_runs at least", SuiteError
)


def read_spec(path: Path) -> SuiteSpec:
    """Return the spec in a YAML file, its paths made relative to the working directory.

    Raises:
        SuiteError: the file can't be read, or a field is wrong; every wrong one is named.
    """
    spec = read_yaml(path, _SPEC)
    folder = path.parent
    return spec.model_copy(
        update={
            "helm_runs": tuple(str(folder / source) for source in spec.helm_runs),
            "assets": None if spec.assets is None else str(folder / spec.assets),
            "division": _below(folder, spec.division),
        }
    )


def _below(folder: Path, division: Division) -> Division:
    """Return the division, the path of its table relative to the working directory."""
    if not isinstance(division, Extrapolate) or division.order.table is None:
        return division
    order = division.order.model_copy(update={"table": str(folder / division.order.table)})
    return division.model_copy(update={"order": order})


def make_spec(fields: Mapping[str, Any], origin: str) -> SuiteSpec:
    """Return the spec of these fields.

    Args:
        origin: where the fields come from, for the message.

    Raises:
        SuiteError: a field is wrong; every wrong one is named, with what it should be.
    """
    return validate(_SPEC.adapter, fields, origin, SuiteError, _SPEC.whole)
