import random

import pytest

from runner.errors import SuiteError
from runner.splits import SampledDivision, draw_instances, draw_runs

NAMES = [f"run{number}" for number in range(10)]


def test_the_draw_is_magnets_own() -> None:
    """Worked with random.Random(1).sample(range(10), 4), which is how MAGNET 0.1.0 draws."""
    drawn = draw_runs(NAMES, SampledDivision(train_runs=3), random.Random(1))
    assert drawn.train == ("run2", "run1", "run4")
    assert drawn.evaluated == "run0"


def test_instances_are_drawn_after_the_runs_from_the_same_generator() -> None:
    rng = random.Random(1)
    rng.sample(range(10), 4)
    expected = tuple(f"id{position}" for position in rng.sample(range(5), 2))
    rng = random.Random(1)
    division = SampledDivision(eval_samples=2)
    draw_runs(NAMES, division, rng)
    assert draw_instances([f"id{position}" for position in range(5)], division, rng) == expected


def test_another_seed_gives_another_draw() -> None:
    draws = {draw_runs(NAMES, SampledDivision(), random.Random(seed)) for seed in range(5)}
    assert len(draws) == 5


def test_an_instance_with_several_requests_is_drawn_once() -> None:
    division = SampledDivision(eval_samples=2)
    assert sorted(draw_instances(["a", "b", "a", "b"], division, random.Random(1))) == ["a", "b"]


def test_too_few_instances_are_all_revealed() -> None:
    division = SampledDivision(eval_samples=20)
    assert len(draw_instances(["a", "b"], division, random.Random(1))) == 2


def test_too_few_runs_are_refused_with_the_numbers() -> None:
    with pytest.raises(SuiteError, match="3 runs found, but 3 train runs and one eval run need 4"):
        draw_runs(NAMES[:3], SampledDivision(train_runs=3), random.Random(1))
