"""Make tests/data/lm_eval again: results that lm-evaluation-harness itself writes.

It runs offline, with models that are a few lines of Python. In an environment of its own:

    python3 -m venv build/lm_eval && build/lm_eval/bin/pip install lm-eval==0.4.13
    build/lm_eval/bin/python tests/developer/make_lm_eval_results.py tests/data/lm_eval
"""

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}

import yaml
from lm_eval.__main__ import cli_evaluate
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

MODELS = {"demo/careless": 0.35, "demo/steady": 0.6, "demo/careful": 0.85}
"""Each model's skill: the probability of a right answer."""

ROWS = 10

CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}} =",
    "doc_to_target": "answer",
    "doc_to_choice": "choices",
    "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    "metadata": {"version": 1.0},
}

TASKS: dict[str, dict[str, Any]] = {
    "sums": CHOICE,
    "differences": CHOICE | {"num_fewshot": 2, "fewshot_split": "test"},
    "reversals": {
        "output_type": "generate_until",
        "doc_to_text": "{{word}} ->",
        "doc_to_target": "{{reversed}}",
        "generation_kwargs": {"until": ["\n"], "temperature": 0.5, "do_sample": True},
        "repeats": 2,
        "filter_list": [
            {"name": "strict-match", "filter": [{"function": "take_first"}]},
            {
                "name": "letters",
                "filter": [
                    {"function": "regex", "regex_pattern": "([a-z]+)"},
                    {"function": "take_first"},
                ],
            },
        ],
        "metric_list": [{"metric": "exact_match"}],
        "metadata": {"version": 2.0},
    },
    "letters": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{word}}",
        "metric_list": [{"metric": "word_perplexity"}, {"metric": "bits_per_byte"}],
        "metadata": {"version": 1.0},
    },
}


def write_tasks(folder: Path) -> None:
    """Write the tasks and their data; paths in them are relative, as results repeat them."""
    generator = random.Random(1)
    for name, task in TASKS.items():
        rows = [_row(name, generator) for _ in range(ROWS)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        data = {"dataset_path": "json", "dataset_kwargs": {"data_files": {"test": f"{name}.jsonl"}}}
        (folder / f"{name}.yaml").write_text(
            yaml.safe_dump({"task": name, "test_split": "test"} | data | task)
        )
    group = {
        "group": "small_numbers",
        "task": ["sums", "differences"],
        "aggregate_metric_list": [{"metric": "acc", "weight_by_size": True}],
        "metadata": {"version": 1.0},
    }
    (folder / "small_numbers.yaml").write_text(yaml.safe_dump(group))


def _row(task: str, generator: random.Random) -> dict[str, Any]:
    if task in ("reversals", "letters"):
        word = "".join(generator.choices("abcdefg", k=5))
        return {"word": word, "reversed": word[::-1]}
    a, b = generator.randint(1, 50), generator.randint(1, 50)
    sign, result = ("+", a + b) if task == "sums" else ("-", a - b)
    choices = [str(result), str(result + 1), str(result - 10)]
    generator.shuffle(choices)
    return {"question": f"{a} {sign} {b}", "choices": choices, "answer": choices.index(str(result))}


@register_model("scripted")
class Scripted(LM):
    """Answers rightly with the probability that is its skill, always the same."""

    def __init__(self, pretrained: str, skill: float, **_: Any) -> None:
        super().__init__()
        self.name, self.skill = pretrained, float(skill)

    def _draw(self, *of: Any) -> float:
        digest = hashlib.sha256(repr((self.name, *of)).encode()).digest()
        return int.from_bytes(digest[:4]) / 2**32

    def loglikelihood(self, requests: list[Any], **_: Any) -> list[tuple[float, bool]]:
        answers = []
        for request in requests:
            context, continuation = request.args
            question = context.removesuffix(" =").rsplit("\n", 1)[-1]
            a, sign, b = question.split()
            right = int(a) + int(b) if sign == "+" else int(a) - int(b)
            is_liked = (int(continuation) == right) == (self._draw(question) < self.skill)
            logprob = -0.5 - 3 * (not is_liked) - self._draw(question, continuation)
            answers.append((logprob, is_liked))
        return answers

    def generate_until(self, requests: list[Any], **_: Any) -> list[str]:
        words = [request.args[0].removesuffix(" ->").rsplit("\n", 1)[-1] for request in requests]
        return [
            (word[::-1] if self._draw(word, number) < self.skill else word)
            + ("!" if self._draw(number, word) > 0.8 else "")
            for number, word in enumerate(words)
        ]

    def loglikelihood_rolling(self, requests: list[Any], **_: Any) -> list[float]:
        return [-len(request.args[0]) * (2 - self.skill) for request in requests]


def main(target: Path) -> None:
    """Run every model on every task, and put what lm-eval writes in a folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HF_HOME"] = f"{scratch}/cache"
        write_tasks(Path(scratch))
        os.chdir(scratch)
        for model, skill in MODELS.items():
            tasks = "small_numbers,reversals,letters"
            options = {
                "--model": "scripted",
                "--model_args": f"pretrained={model},skill={skill}",
                "--tasks": tasks,
                "--include_path": ".",
                "--output_path": str(target),
            }
            sys.argv = ["lm-eval", "run", "--log_samples"]
            sys.argv += [text for option in options.items() for text in option]
            cli_evaluate()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
