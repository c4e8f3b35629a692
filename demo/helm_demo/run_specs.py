"""Run spec functions of the demo suite; `helm-run --plugins` loads this module."""

import dataclasses

from helm.benchmark.adaptation.adapter_spec import ADAPT_GENERATION, AdapterSpec
from helm.benchmark.adaptation.common_adapter_specs import (
    get_generation_adapter_spec,
    get_multiple_choice_joint_adapter_spec,
)
from helm.benchmark.metrics.common_metric_specs import (
    get_classification_metric_specs,
    get_exact_match_metric_specs,
)
from helm.benchmark.run_spec import RunSpec, run_spec_function
from helm.benchmark.scenarios.scenario import ScenarioSpec

TEST_INSTANCES = 40
CATEGORY_TEST_INSTANCES = 36  # 60 words less the 24 of the train split
CATEGORY_TRAIN_TRIALS = 3


@run_spec_function("demo_topic")
def get_topic_run_spec() -> RunSpec:
    """Return: four topics, two examples of each in the prompt."""
    adapter_spec = get_generation_adapter_spec(
        instructions="Name the topic of each text: sports, politics, science or music.",
        input_noun="Text",
        output_noun="Topic",
        max_train_instances=8,
    )
    scenario_spec = _make_scenario_spec("TopicScenario", seed=11)
    return _make_run_spec("demo_topic", scenario_spec, adapter_spec)


@run_spec_function("demo_opinion")
def get_opinion_run_spec() -> RunSpec:
    """Return: positive or negative, five examples of each in the prompt."""
    adapter_spec = get_generation_adapter_spec(
        instructions="Say whether each review is positive or negative.",
        input_noun="Review",
        output_noun="Opinion",
        max_train_instances=10,
    )
    scenario_spec = _make_scenario_spec("OpinionScenario", seed=23)
    return _make_run_spec("demo_opinion", scenario_spec, adapter_spec)


@run_spec_function("demo_reading")
def get_reading_run_spec() -> RunSpec:
    """Return: one of four names, by letter, after four examples."""
    adapter_spec = get_multiple_choice_joint_adapter_spec(
        instructions="Answer the questions with a single letter.",
        input_noun="Question",
        output_noun="Answer",
        max_train_instances=4,
        max_tokens=1,
    )
    scenario_spec = _make_scenario_spec("ReadingScenario", seed=13)
    return _make_run_spec("demo_reading", scenario_spec, adapter_spec)


@run_spec_function("demo_category")
def get_category_run_spec() -> RunSpec:
    """Return: one of five categories, after one example of each, in three train trials."""
    adapter_spec = get_generation_adapter_spec(
        instructions="Name the category of each word.",
        input_noun="Word",
        output_noun="Category",
        max_train_instances=5,
    )
    adapter_spec = dataclasses.replace(adapter_spec, num_train_trials=CATEGORY_TRAIN_TRIALS)
    scenario_spec = _make_scenario_spec("CategoryScenario", 15, CATEGORY_TEST_INSTANCES)
    return _make_run_spec("demo_category", scenario_spec, adapter_spec)


def _make_scenario_spec(
    class_name: str, seed: int, test_instances: int = TEST_INSTANCES
) -> ScenarioSpec:
    return ScenarioSpec(
        class_name=f"helm_demo.scenarios.{class_name}",
        args={"seed": seed, "test_instances": test_instances},
    )


def _make_run_spec(name: str, scenario_spec: ScenarioSpec, adapter_spec: AdapterSpec) -> RunSpec:
    metric_specs = get_exact_match_metric_specs()
    if adapter_spec.method == ADAPT_GENERATION:
        metric_specs = metric_specs + get_classification_metric_specs()
    return RunSpec(
        name=name,
        scenario_spec=scenario_spec,
        adapter_spec=adapter_spec,
        metric_specs=metric_specs,
        groups=[name],
    )
