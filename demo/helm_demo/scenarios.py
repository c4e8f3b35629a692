"""The demo's scenarios: instances written from templates with a fixed seed."""

from abc import abstractmethod
from random import Random
from typing import ClassVar

from helm.benchmark.scenarios.scenario import (
    CORRECT_TAG,
    TEST_SPLIT,
    TRAIN_SPLIT,
    Input,
    Instance,
    Output,
    Reference,
    Scenario,
)

from helm_demo import texts
from helm_demo.texts import LabelledText

TRAIN_INSTANCES = 24


class WrittenScenario(Scenario):
    """Instances drawn from a template writer, all texts different."""

    tags: ClassVar[list[str]] = ["demo"]

    def __init__(self, seed: int, test_instances: int) -> None:
        super().__init__()
        self.seed = seed
        self.test_instances = test_instances

    def __post_init__(self) -> None:
        # HELM's own version writes this file's full path on the disk into scenario.json.
        self.definition_path = "demo/helm_demo/scenarios.py"

    @abstractmethod
    def write(self, rng: Random) -> LabelledText:
        """Return the next text."""

    def get_instances(self, output_path: str) -> list[Instance]:
        """Return the train instances, then the test instances."""
        rng = Random(self.seed)
        written: dict[str, LabelledText] = {}
        while len(written) < TRAIN_INSTANCES + self.test_instances:
            labelled = self.write(rng)
            written.setdefault(labelled.text, labelled)
        return [
            _make_instance(labelled, TRAIN_SPLIT if index < TRAIN_INSTANCES else TEST_SPLIT)
            for index, labelled in enumerate(written.values())
        ]


class TopicScenario(WrittenScenario):
    """Name the topic of a short text: sports, politics, science or music."""

    name = "demo_topic"
    description = "Name the topic of a short text."

    def write(self, rng: Random) -> LabelledText:
        """Return a text about one of four topics."""
        return texts.write_topic(rng)


class OpinionScenario(WrittenScenario):
    """Say whether a review is positive or negative."""

    name = "demo_opinion"
    description = "Say whether a review is positive or negative."

    def write(self, rng: Random) -> LabelledText:
        """Return a review."""
        return texts.write_opinion(rng)


class ReadingScenario(WrittenScenario):
    """Find in four sentences the person that the question asks for."""

    name = "demo_reading"
    description = "Answer a multiple-choice question about four sentences."

    def write(self, rng: Random) -> LabelledText:
        """Return four facts and a question."""
        return texts.write_reading(rng)


class CategoryScenario(WrittenScenario):
    """Name the kind of thing that an everyday word stands for."""

    name = "demo_category"
    description = "Name the category of an everyday word."

    def write(self, rng: Random) -> LabelledText:
        """Return a word."""
        return texts.write_category(rng)


def _make_instance(labelled: LabelledText, split: str) -> Instance:
    references = [
        Reference(Output(text=choice), tags=[CORRECT_TAG] if choice == labelled.answer else [])
        for choice in labelled.choices
    ]
    return Instance(Input(text=labelled.text), references=references, split=split)
