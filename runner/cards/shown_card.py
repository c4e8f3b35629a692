"""A bundle as it lies on the disk, the runner's or MAGNET's own, read to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from runner.cards.verdict import Figure, Verdict, verified_share
from runner.errors import UsageError
from runner.files.given_paths import why_no_path
from runner.files.regular_files import read_regular
from runner.files.wrong_fields import WrongField
from runner.files.yaml_files import YamlForm, parse_yaml

VERDICT = "verdict.json"
CARD = "card.yaml"
RESULTS = "results"
METADATA = "symbol_metadata.json"

Model = TypeVar("Model", bound=BaseModel)


class _Shown(BaseModel):
    model_config = ConfigDict(defer_build=True)


class ShownCell(_Shown):
    """A cell, as its file has it; ``swept`` is what tells it from others, which MAGNET's lacks."""

    id: str = ""
    status: Verdict
    output: str
    symbols: Mapping[str, Any]
    timestamp: str
    swept: Mapping[str, Any] | None = None

    @property
    def title(self) -> str:
        """Return what tells the cell from others, in a line."""
        if self.swept is None:
            return self.id
        return ", ".join(f"{name}={value}" for name, value in self.swept.items()) or "the only cell"


class WithoutEvidence(_Shown):
    """A cell whose nodes left no result."""

    id: str
    swept: Mapping[str, Any]
    reason: str


class _Image(_Shown):
    reference: str


class _Own(_Shown):
    version: str
    image: _Image
    metrics: Mapping[str, Figure]
    without_evidence: tuple[WithoutEvidence, ...]


class _Aggregation(_Shown):
    model_config = ConfigDict(extra="allow")

    type: str = "all"
    parameters: Mapping[str, Any] | None = None


class _VerdictFile(_Shown):
    result: Verdict
    claim_aggregation_strategy: _Aggregation
    claims: tuple[str, ...]
    metrics: Mapping[str, float] = Field(default={})
    runner: _Own | None = None


@dataclass(frozen=True)
class ShownCard:
    """What a bundle says.

    Attributes:
        card: the card's own fields.
        share: of verified cells; None without a cell.
        metrics: by name; without intervals if MAGNET wrote the bundle.
        made_by: the runner and its image, or MAGNET.
    """

    directory: Path
    card: Mapping[str, Any]
    verdict: Verdict
    aggregation: Mapping[str, Any]
    cells: tuple[ShownCell, ...]
    without_evidence: tuple[WithoutEvidence, ...]
    share: Figure | None
    metrics: Mapping[str, Figure]
    metadata: Mapping[str, Mapping[str, Any]]
    made_by: str


def read_bundle(directory: Path) -> ShownCard:
    """Return what a bundle says; of a directory of bundles, the newest.

    Raises:
        UsageError: there is none, or a file of it can't be read.
    """
    place = _newest(directory)
    found = _read(place / VERDICT, _VerdictFile)
    cells = tuple(
        _read(place / RESULTS / name / VERDICT, ShownCell).model_copy(update={"id": name})
        for name in found.claims
        if _is_name(place, name)
    )
    own = found.runner
    plain = {name: Figure(each, None, None, len(cells)) for name, each in found.metrics.items()}
    return ShownCard(
        directory=place,
        card=parse_yaml(_content(place / CARD), str(place / CARD), _ANY_CARD),
        verdict=found.result,
        aggregation=found.claim_aggregation_strategy.model_dump(exclude_unset=True),
        cells=cells,
        without_evidence=() if own is None else own.without_evidence,
        share=verified_share([cell.status for cell in cells]),
        metrics=plain if own is None else own.metrics,
        metadata=_metadata(place),
        made_by="MAGNET" if own is None else f"runner {own.version}, {own.image.reference}",
    )


def _newest(directory: Path) -> Path:
    if (directory / VERDICT).is_file():
        return directory
    found = [path.parent for path in directory.glob(f"*_*/{VERDICT}")]
    if not found:
        raise UsageError(
            f"{directory}: no results of a card in it. `runner card run CARD -o {directory}` "
            "writes some."
        )
    # The time follows the card's hash in the name.
    return max(found, key=lambda path: path.name.partition("_")[2])


def _is_name(place: Path, name: str) -> bool:
    if "/" in name or name in ("", ".", "..") or why_no_path(name) is not None:
        raise UsageError(f"{place / VERDICT}: {name!r:.80} is no cell's name.")
    return True


def _metadata(place: Path) -> Mapping[str, Mapping[str, Any]]:
    path = place / METADATA
    return _parse(path, _METADATA) if path.is_file() else {}


def _read(path: Path, model: type[Model]) -> Model:
    return _parse(path, TypeAdapter(model))


Value = TypeVar("Value")


def _parse(path: Path, form: TypeAdapter[Value]) -> Value:
    try:
        return form.validate_json(_content(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        wrong = WrongField(first["loc"], first["msg"])
        raise UsageError(f"{path}: not what a run of a card writes. {wrong}") from error


def _content(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror}).") from error


_METADATA: TypeAdapter[Mapping[str, Mapping[str, Any]]] = TypeAdapter(
    Mapping[str, Mapping[str, Any]], config=ConfigDict(defer_build=True)
)
_ANY_CARD: YamlForm[Mapping[str, Any]] = YamlForm(
    TypeAdapter(Mapping[str, Any], config=ConfigDict(defer_build=True)),
    "an evaluation card",
    UsageError,
)
