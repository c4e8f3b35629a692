"""HELM's scenario and run entry for a data set that is a file: ``local_dataset:name=...``."""

from collections.abc import Callable
from typing import Any

from helm.benchmark.adaptation.adapter_spec import (
    ADAPT_GENERATION,
    ADAPT_MULTIPLE_CHOICE_JOINT,
    AdapterSpec,
)
from helm.benchmark.adaptation.common_adapter_specs import (
    get_generation_adapter_spec,
    get_multiple_choice_joint_adapter_spec,
)
from helm.benchmark.metrics.common_metric_specs import get_exact_match_metric_specs
from helm.benchmark.run_spec import RunSpec, run_spec_function
from helm.benchmark.scenarios.scenario import (
    Input,
    Instance,
    Output,
    Reference,
    Scenario,
    ScenarioSpec,
)

from runner.helm_run.instances import is_multiple_choice, read_instances
from runner.helm_run.process import given_datasets


class LocalDatasetScenario(Scenario):
    """The instances in a file that ``runner suite run --local-dataset`` names."""

    name = "local_dataset"
    description = "Instances in a local file"
    tags = ["local"]  # noqa: RUF012  (HELM's own way)

    def __init__(self, name: str, sha256: str) -> None:
        super().__init__()
        self.dataset_name = name
        self.sha256 = sha256

    def __post_init__(self) -> None:
        # HELM's own version writes this file's full path on the disk into scenario.json.
        self.definition_path = "runner/helm_run/local_dataset.py"

    def get_instances(self, output_path: str) -> list[Instance]:  # noqa: ARG002  (HELM's signature)
        """Return the instances, in the order of the file."""
        path, _ = given_datasets()[self.dataset_name]
        return [
            Instance(
                Input(text=instance["input"]["text"]),
                references=[
                    Reference(Output(text=reference["output"]["text"]), tags=reference["tags"])
                    for reference in instance["references"]
                ],
                split=instance["split"],
                id=instance.get("id"),
            )
            for instance in read_instances(path)
        ]


@run_spec_function("local_dataset")
def get_local_dataset_run_spec(
    name: str, method: str | None = None, instructions: str = "", **adapter: Any
) -> RunSpec:
    """Return the run spec of a data set.

    Args:
        name: the file's name without its suffix.
        method: HELM's adaptation method, ``generation`` or ``multiple_choice_joint``, by default
            the latter if every instance has choices.
        instructions: the text before the first example.
        adapter: further arguments of HELM's adapter spec, e.g. ``max_train_instances``.

    Raises:
        ValueError: no such data set is given, or no such method is known.
    """
    datasets = given_datasets()
    if name not in datasets:
        given = ", ".join(datasets) or "none"
        raise ValueError(f"no data set {name!r} is given with --local-dataset (given: {given})")
    path, sha256 = datasets[name]
    if method is None:
        has_choices = is_multiple_choice(read_instances(path))
        method = ADAPT_MULTIPLE_CHOICE_JOINT if has_choices else ADAPT_GENERATION
    makers: dict[str, Callable[..., AdapterSpec]] = {
        ADAPT_GENERATION: get_generation_adapter_spec,
        ADAPT_MULTIPLE_CHOICE_JOINT: get_multiple_choice_joint_adapter_spec,
    }
    if method not in makers:
        raise ValueError(f"method is {method!r}, not one of {', '.join(makers)}")
    nouns = {"input_noun": "Question", "output_noun": "Answer"}
    return RunSpec(
        name=f"local_dataset:name={name},method={method}",
        scenario_spec=ScenarioSpec(
            class_name=f"{__name__}.LocalDatasetScenario", args={"name": name, "sha256": sha256}
        ),
        adapter_spec=makers[method](instructions=instructions, **nouns, **adapter),
        metric_specs=get_exact_match_metric_specs(),
        groups=["local_dataset", name],
    )
