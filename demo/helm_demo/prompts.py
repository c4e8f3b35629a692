"""Reads a few-shot prompt back into its examples, question and options."""

import re
from collections import Counter
from dataclasses import dataclass

_OPTION = re.compile(r"^([A-Z])\. (.+)$")


@dataclass(frozen=True)
class Question:
    """The part of a prompt block that stands before the answer."""

    text: str
    options: dict[str, str]
    """Letter -> text of the option; empty when the question is open."""


@dataclass(frozen=True)
class Example:
    """A question with the answer that the prompt gives for it."""

    question: Question
    answer: str


@dataclass(frozen=True)
class Prompt:
    """All that a model is told: some solved examples and one question to answer."""

    examples: tuple[Example, ...]
    question: Question

    def majority_answer(self) -> str:
        """Return the most frequent answer of the examples; the earliest one on a tie."""
        return Counter(example.answer for example in self.examples).most_common(1)[0][0]


def parse_prompt(text: str) -> Prompt:
    """Return the parts of a prompt of HELM's generation or multiple-choice adapter.

    Blocks are separated by an empty line. The first holds the instructions, the last the
    question, and each block between them a solved example. The last line of a block is
    "Noun: answer", or "Noun:" in the question's block.
    """
    _, *example_blocks, question_block = text.strip().split("\n\n")
    return Prompt(
        examples=tuple(_parse_example(block) for block in example_blocks),
        question=_parse_question(question_block.split("\n")[:-1]),
    )


def _parse_example(block: str) -> Example:
    *question_lines, answer_line = block.split("\n")
    _, _, answer = answer_line.partition(":")
    return Example(_parse_question(question_lines), answer.strip())


def _parse_question(lines: list[str]) -> Question:
    options = [match.groups() for line in lines if (match := _OPTION.match(line))]
    text = "\n".join(line for line in lines if not _OPTION.match(line))
    _, _, without_noun = text.partition(":")
    return Question(without_noun.strip(), dict(options))
