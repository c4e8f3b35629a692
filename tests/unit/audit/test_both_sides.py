import pytest

from runner.audit.both_sides import find_twins_on_both_sides
from runner.suites.groups import RunIdentity
from runner.suites.twins import Twins


def identities(**models: tuple[str, str]) -> dict[str, RunIdentity]:
    return {name: RunIdentity("quiz", *model) for name, model in models.items()}


@pytest.mark.parametrize(
    ("train", "reason"),
    [
        (("llama", "groq/llama"), "their scenario and their deployment, as in a sweep"),
        (("llama", "together/llama"), "their model, deployed as together/llama"),
        (("meta", "hf/llama"), "groq/llama and hf/llama answer 82% of 100 common requests alike"),
        (("gpt", "openai/gpt"), None),
    ],
)
def test_a_twin_on_the_other_side_is_found_with_the_reason(
    train: tuple[str, str], reason: str | None
) -> None:
    evaluated = identities(evaluated=("llama", "groq/llama"))
    twins = [Twins(("groq/llama", "hf/llama"), 100, 0.82, 36, 18)]
    leaks = find_twins_on_both_sides("case-1", identities(train=train), evaluated, twins)
    assert [reason in leak.what for leak in leaks if reason] == ([True] if reason else [])
    assert bool(leaks) == bool(reason)
    other = {"train": RunIdentity("other", *train)}
    assert find_twins_on_both_sides("case-1", other, evaluated, twins) == []
