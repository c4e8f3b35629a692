import ast
import importlib.util
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.building.demo_suite import unpack_demo_suite
from runner.contract.text_metrics import TEXT_METRICS, normalize_text, recompute_match

HELM_FUNCTIONS = ("normalize_text", *TEXT_METRICS)
TEXTS = (
    *("", " ", "Boston", " boston.\n", "The Boston", "a Boston", "Boston, the city", "Bo ston"),
    *("an apple", "Apple!", "theory", "the the a", "A.", "3.5", "35", "İstanbul", "don't", "dont"),
    *("naïve — “quoted”", "tab\tand\u00a0space", "x-the-y", "under_score", "A", "the"),
)


def helms_own(name: str) -> Callable[..., Any]:
    """Return HELM's function from its source: to import the module takes nltk and rouge."""
    package = importlib.util.find_spec("helm.benchmark.metrics")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0], "evaluate_reference_metrics.py")
    chosen: list[ast.stmt] = [
        node
        for node in ast.parse(path.read_text()).body
        if (isinstance(node, ast.Import) and node.names[0].name in {"re", "string"})
        or (isinstance(node, ast.FunctionDef) and node.name in HELM_FUNCTIONS)
    ]
    scope: dict[str, Any] = {}
    exec(compile(ast.Module(chosen, []), str(path), "exec"), scope)
    function: Callable[..., Any] = scope[name]
    return function


def request_state(*completions: str, golds: tuple[str, ...] = ("Boston",), **more: Any) -> Any:
    """Return a request state whose first completion is the likeliest."""
    return {
        "instance": {
            "references": [
                *({"output": {"text": gold}, "tags": ["correct"]} for gold in golds),
                {"output": {"text": "New York"}, "tags": []},
            ]
        },
        "result": {
            "completions": [
                {"text": text, "logprob": -index} for index, text in enumerate(completions)
            ]
        },
        **more,
    }


def test_normalized_text_is_helms() -> None:
    helms = helms_own("normalize_text")
    assert [normalize_text(text) for text in TEXTS] == [helms(text) for text in TEXTS]


@pytest.mark.parametrize("name", TEXT_METRICS)
def test_a_match_is_helms_for_every_pair_of_texts(name: str) -> None:
    pairs, helms = list(itertools.product(TEXTS, repeat=2)), helms_own(name)
    ours = [TEXT_METRICS[name](gold, pred) for gold, pred in pairs]
    assert ours == [helms(gold, pred) for gold, pred in pairs]
    assert 0 < sum(ours) < len(pairs)


def test_every_match_in_the_demo_suite_is_recomputed(tmp_path: Path) -> None:
    compared = 0
    for run in unpack_demo_suite(tmp_path).iterdir():
        states = json.loads((run / "scenario_state.json").read_bytes())["request_states"]
        recomputed = {
            (*instance_key(state["instance"]["id"], state["instance"], state), name): (
                recompute_match(state, name)
            )
            for state in states
            for name in TEXT_METRICS
        }
        for key, mean in text_stats(run):
            assert recomputed[key] == mean, (run.name, key)
            compared += 1
    assert compared > 10_000


def text_stats(run: Path) -> Iterator[tuple[Any, float]]:
    for entry in json.loads((run / "per_instance_stats.json").read_bytes()):
        for stat in entry["stats"]:
            if stat["name"]["name"] in TEXT_METRICS:
                yield (
                    (*instance_key(entry["instance_id"], entry, entry), stat["name"]["name"]),
                    stat["mean"],
                )


def instance_key(instance_id: str, perturbed: Any, trial: Any) -> tuple[str, str, int]:
    perturbation = json.dumps(perturbed.get("perturbation"), sort_keys=True)
    return instance_id, perturbation, trial["train_trial_index"]


def test_the_completion_with_the_highest_logprob_counts() -> None:
    state = request_state("Boston", "New York")
    assert recompute_match(state, "exact_match") == 1
    state["result"]["completions"][1]["logprob"] = 5
    assert recompute_match(state, "exact_match") == 0


def test_with_a_number_of_completions_any_of_them_counts() -> None:
    assert recompute_match(request_state("New York", "Boston"), "exact_match@2") == 1
    assert recompute_match(request_state("New York", "Rome"), "exact_match@2") == 0


def test_any_correct_reference_counts() -> None:
    assert recompute_match(request_state("Paris", golds=("Rome", "Paris")), "exact_match") == 1


@pytest.mark.parametrize(("completion", "value"), [(" B", 1), (" A", 0), (" M", 0)])
def test_a_letter_stands_for_its_choice(completion: str, value: float) -> None:
    state = request_state(completion, output_mapping={"A": "New York", "B": "Boston"})
    assert recompute_match(state, "exact_match") == value


def test_a_pattern_finds_the_letter_in_a_longer_answer() -> None:
    state = request_state("The answer is (B).", output_mapping={"A": "New York", "B": "Boston"})
    assert recompute_match(state, "exact_match", r"\((\w)\)") == 1
    assert recompute_match(state, "exact_match", r"\[(\w)\]") == 0
    assert recompute_match(state, "exact_match", r"[A-Z](?=\))") == 1


def test_an_empty_completion_of_a_failed_request_matches_nothing() -> None:
    assert recompute_match(request_state("", golds=("",)), "exact_match") == 0


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (request_state("Boston"), "f1_score"),
        (request_state("Boston", golds=()), "exact_match"),
        (request_state(), "exact_match"),
        ({**request_state("Boston"), "result": None}, "exact_match"),
        (request_state("Boston", reference_index=0), "exact_match"),
    ],
    ids=["another metric", "no gold", "no completion", "no result", "a request per reference"],
)
def test_what_cannot_be_recomputed_is_none(state: Any, name: str) -> None:
    assert recompute_match(state, name) is None
