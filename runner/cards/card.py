"""The schema of an evaluation card, as MAGNET 0.1.0 has it, read strictly.

What MAGNET would ignore, or fail on only while it runs, is refused. What only the runner has are
the symbols ``reports``, ``suite`` and ``told``: evidence that the runner itself has made.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from runner.cards.pipeline import RESULTS, KwdaggerSpec, NodeSpec
from runner.cards.python_text import check_python, check_type
from runner.files.wrong_fields import fault_below
from runner.suites.division_spec import StrictModel

Python = Annotated[str, AfterValidator(check_python)]
TypeText = Annotated[str, AfterValidator(check_type)]
Text = Annotated[str, Field(strict=True)]
EVIDENCE = ("reports", "suite", "told")
"""The kinds of symbol whose value the runner makes."""

DEFAULT_TYPE = "List[int]"
"""MAGNET's, of a symbol with Python and without a type."""


def _number_as_text(version: Any) -> Any:
    is_number = isinstance(version, int | float) and not isinstance(version, bool)
    return str(version) if is_number else version


class Link(StrictModel):
    """Where to read more."""

    title: Text
    url: Text
    type: Text


class Submitter(StrictModel):
    """Who makes the claim."""

    name: Text
    email: Text


class Claim(StrictModel):
    """Python that returns if the claim holds, and fails an assertion if it does not."""

    python: Python


class Threshold(StrictModel):
    """Which share of the cells must be verified."""

    threshold: float = Field(ge=0, le=1)


class ClaimAggregation(StrictModel):
    """How the verdicts of the cells become the card's."""

    type: Literal["all", "any", "fraction"] = "all"
    parameters: Threshold | None = None

    @model_validator(mode="after")
    def _has_threshold(self) -> Self:
        if self.type == "fraction" and self.parameters is None:
            raise fault_below("a fraction needs parameters: {threshold: 0.8}", "type")
        return self


def _refuse_custom(kind: Any) -> Any:
    if kind == "custom":
        raise ValueError("custom is not supported: MAGNET 0.1.0 has no way to say what it computes")
    return kind


class MetricAggregation(StrictModel):
    """How a metric's values in the cells become one."""

    type: Annotated[Literal["mean", "max", "min"], BeforeValidator(_refuse_custom)]
    parameters: Mapping[str, float] | None = None


class MetricDefinition(StrictModel):
    """A symbol whose values are summed up over the cells."""

    objective: Literal["minimize", "maximize"] = "maximize"
    aggregation_strategy: MetricAggregation


class Metadata(StrictModel):
    """How a symbol is shown."""

    kind: Literal["model", "dataset", "metric"] | None = None
    display: bool | None = None
    display_name: Text | None = None
    define_metric: MetricDefinition | None = None


class SymbolSpec(StrictModel):
    """What gives a name its value: a value, a sweep, Python, evidence, or the pipeline.

    Attributes:
        reports: a directory of reports, read as one row per image, case and target.
        suite: a suite, read as its frames.
        told: the ledger of a competition, read as what it has told.
    """

    type: TypeText | None = None
    value: Any = None
    sweep: tuple[Any, ...] | None = None
    depends_on: tuple[Text, ...] | None = None
    depends: tuple[Text, ...] | None = None
    python: Python | None = None
    reports: Text | None = None
    suite: Text | None = None
    told: Text | None = None
    metadata: Metadata | None = None

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        if None not in (self.depends_on, self.depends) and self.depends_on != self.depends:
            raise fault_below("depends is another name of depends_on; they differ", "depends")
        kinds = [kind for kind in EVIDENCE if getattr(self, kind) is not None]
        others = [name for name in ("value", "sweep", "python") if getattr(self, name) is not None]
        if kinds and len([*kinds, *others]) > 1:
            raise fault_below(
                f"has {' and '.join([*kinds, *others])}; its value comes from one", kinds[0]
            )
        return self

    @property
    def dependencies(self) -> tuple[str, ...]:
        """Return the names of the symbols that are resolved before it."""
        return self.depends_on or self.depends or ()

    @property
    def evidence(self) -> tuple[str, str] | None:
        """Return the kind and the place of the evidence that is its value; None for others."""
        found = ((kind, getattr(self, kind)) for kind in EVIDENCE)
        return next(((kind, place) for kind, place in found if place is not None), None)

    @property
    def has_own_value(self) -> bool:
        """Return whether the card says what its value is, or leaves that to the pipeline."""
        is_given = self.value is not None or bool(self.sweep) or bool(self.python)
        return is_given or self.evidence is not None


class Formalization(StrictModel):
    """Where a formal theory is."""

    system: Text
    repository: Text | None = None
    revision: Text | None = None

    @model_validator(mode="after")
    def _is_pinned(self) -> Self:
        if self.repository and not self.revision:
            raise fault_below("a repository needs the revision", "repository")
        return self


class Premise(StrictModel):
    """A named premise of a theorem."""

    id: Text
    type: Text | None = None
    statement: Text | None = None


class TheoryEntry(StrictModel):
    """A theorem, conjecture, question or definition."""

    id: Text
    kind: Literal["theorem", "conjecture", "question", "definition"]
    statement: Text | None = None
    declaration: Text | None = None
    formalization: Formalization | None = None
    source_path: Text | None = None
    premises: tuple[Premise, ...] = ()

    @model_validator(mode="after")
    def _is_identified(self) -> Self:
        if not self.statement and not self.declaration:
            raise ValueError("needs a statement or a declaration")
        if "::" in self.id:
            raise fault_below("may not contain ::", "id")
        if len({premise.id for premise in self.premises}) < len(self.premises):
            raise fault_below("two have the same id", "premises")
        return self


class TheoryLink(StrictModel):
    """What the card has to do with a theoretical statement."""

    relation: Literal["tests", "approximates", "motivates"]
    ref: Text
    note: Text | None = None

    @model_validator(mode="after")
    def _names_a_statement(self) -> Self:
        if "::" in self.ref:
            raise fault_below("a card links to a statement, not to one of its premises", "ref")
        return self


class Theory(StrictModel):
    """Links to theory. They are kept with the card; the runner does not follow them."""

    links: tuple[TheoryLink, ...] = ()
    empirical_sources: tuple[Text, ...] = ()
    entries: tuple[TheoryEntry, ...] = ()
    indexes: tuple[Text, ...] = ()


class EvidenceScope(StrictModel):
    """Which results the claim is made of; the runner judges what a run asks for, in both."""

    scope: Literal["all", "requested"] = "all"


class Card(StrictModel):
    """An empirical claim, and what it stands on."""

    title: Text
    description: Text
    version: Annotated[str, BeforeValidator(_number_as_text)]
    organizations: tuple[Text, ...]
    submitter: Submitter
    tags: tuple[Text, ...]
    links: tuple[Link, ...]
    claim: Claim
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] | None = None
    category: Text | None = None
    claim_aggregation_strategy: ClaimAggregation | None = None
    symbols: Mapping[str, SymbolSpec] | None = None
    theory: Theory | None = None
    evidence: EvidenceScope | None = None
    kwdagger: KwdaggerSpec | None = None
    pipeline: Mapping[str, NodeSpec] | None = None

    @field_validator("pipeline")
    @classmethod
    def _one_node(cls, pipeline: Any) -> Any:
        if pipeline is not None and len(pipeline) != 1:
            raise ValueError(
                f"has {len(pipeline)} nodes; MAGNET 0.1.0 reads the results of one. Several nodes, "
                "with edges, are kwdagger's"
            )
        for name, node in (pipeline or {}).items():
            if RESULTS not in node.out_paths:
                raise fault_below(
                    f"needs {RESULTS}: the JSON that has the symbols", name, "out_paths"
                )
        return pipeline

    @model_validator(mode="after")
    def _has_one_backend(self) -> Self:
        if self.kwdagger is not None and self.pipeline is not None:
            raise fault_below("a card has kwdagger or pipeline, not both", "pipeline")
        if self.kwdagger is None:
            for name in ("name", "evidence"):
                if getattr(self, name) is not None:
                    raise fault_below("only a card with kwdagger has it", name)
        if self.kwdagger is None and self.pipeline is None and self.symbols is None:
            raise ValueError("needs symbols, as it has neither pipeline nor kwdagger")
        return self

    @property
    def all_symbols(self) -> Mapping[str, SymbolSpec]:
        """Return the symbols by name, in the order of the card."""
        return self.symbols or {}

    @property
    def aggregation(self) -> ClaimAggregation:
        """Return how the cells' verdicts become the card's; by default all must be verified."""
        return self.claim_aggregation_strategy or ClaimAggregation()
