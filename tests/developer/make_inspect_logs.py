"""Make tests/data/inspect again: logs that Inspect itself writes, of its mock model.

In an environment of its own, or one with the extra `inspect`:

    python3 -m venv build/inspect && build/inspect/bin/pip install inspect-ai==0.3.285
    build/inspect/bin/python tests/developer/make_inspect_logs.py tests/data/inspect
"""

import hashlib
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import choice, exact, includes
from inspect_ai.solver import generate, multiple_choice

MODELS = {"careless": 0.35, "steady": 0.6, "careful": 0.85}
"""Each model's skill: the probability of a right answer."""

ROWS = 8
LETTERS = "ABC"


def words() -> MemoryDataset:
    """Return words to write backwards."""
    generator = random.Random(1)
    drawn = ["".join(generator.choices("abcdefg", k=5)) for _ in range(ROWS)]
    return MemoryDataset(
        [
            Sample(id=f"word-{number}", input=f"Backwards: {word}", target=word[::-1])
            for number, word in enumerate(drawn)
        ],
        name="words",
    )


def sums() -> MemoryDataset:
    """Return sums with three choices."""
    generator = random.Random(2)
    samples = []
    for number in range(ROWS):
        a, b = generator.randint(1, 50), generator.randint(1, 50)
        choices = [str(a + b), str(a + b + 1), str(a + b - 10)]
        generator.shuffle(choices)
        target = LETTERS[choices.index(str(a + b))]
        samples.append(Sample(id=number, input=f"{a} + {b} =", choices=choices, target=target))
    return MemoryDataset(samples, name="sums")


def draw(*of: object) -> float:
    """Return a number from 0 to 1, always the same."""
    return int.from_bytes(hashlib.sha256(repr(of).encode()).digest()[:4]) / 2**32


def answers(model: str, skill: float, dataset: MemoryDataset, epochs: int) -> list[ModelOutput]:
    """Return what the mock model answers, one request after the other."""
    outputs = []
    for epoch in range(epochs):
        for sample in dataset:
            right = str(sample.target)
            is_right = draw(model, sample.id, epoch) < skill
            wrong = LETTERS[(LETTERS.index(right) + 1) % 3] if right in LETTERS else "abc"
            text = right if is_right else wrong
            text = f"ANSWER: {text}" if sample.choices else text
            output = ModelOutput.from_content("mockllm/model", text)
            output.usage = ModelUsage()  # else its tokens are counted by a table from the network
            outputs.append(output)
    return outputs


def main(target: Path) -> None:
    """Run every model on both tasks, and put the logs in a folder."""
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)  # no repository, whose address and commit a log would have
        for model, skill in MODELS.items():
            for name, epochs in (("sums", 2), ("words", 1)):
                dataset = sums() if name == "sums" else words()
                outputs = answers(model, skill, dataset, epochs)
                task = Task(
                    dataset=dataset,
                    solver=multiple_choice() if name == "sums" else generate(),
                    scorer=choice() if name == "sums" else [exact(), includes()],
                    name=name,
                    version=1,
                )
                inspect_ai.eval(
                    task,
                    model=get_model(f"mockllm/{model}", custom_outputs=outputs),
                    epochs=epochs,
                    max_samples=1,
                    log_dir=str(target),
                    log_format="eval",
                    display="none",
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
