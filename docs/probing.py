"""Learns actuals by probing scores, and draws the gain: `python docs/probing.py`.

Writes `docs/probing.svg`. A test asserts what the plot shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runner.submissions.ladder import Best, PublicScore, publish
from runner.submissions.rules import Rules

PLOT = Path(__file__).with_suffix(".svg")
RUNS, SUBMISSIONS, SEED = 400, 400, 7
STEP = 0.25
"""How far a probe goes from the guess of 0.5."""

Array = NDArray[np.float64]
Publish = Callable[[Array], float]


@dataclass(frozen=True)
class Gains:
    """By how much the best of the probes beats the guess, after each submission, in MAE."""

    told: Array
    private: Array


def probe(ask: Publish, actual: Array, submissions: int, seed: int) -> list[Array]:
    """Return the attacker's predictions after each submission; it sees only what it is told.

    Source: the boosting attack of Blum and Hardt (2015), section 6. It submits the guess, then
    random changes of it, and lets each vote of which it is told something new.
    """
    random = np.random.default_rng(seed)
    guess = np.full(len(actual), 0.5)
    told_of_guess = told_last = ask(guess)
    votes = np.zeros(len(actual))
    found = [guess]
    for _ in range(submissions - 1):
        signs = random.choice([-1.0, 1.0], len(actual))
        told = ask(guess + STEP * signs)
        if told != told_last:
            votes += signs * np.sign(told_of_guess - told)
        told_last = told
        found.append(guess + STEP * np.sign(votes))
    return found


def simulate(rules: Rules | None, submissions: int = SUBMISSIONS, seed: int = SEED) -> Gains:
    """Return what probing gains on the targets that are told of, and on the private ones.

    Args:
        rules: None: exact scores on all targets, which also decide at the end.
    """
    actual = np.random.default_rng(seed).integers(0, 2, RUNS).astype(np.float64)
    is_public = np.arange(RUNS) < RUNS // 2
    asked = is_public if rules is not None else np.ones(RUNS, dtype=np.bool_)
    private = ~is_public if rules is not None else asked
    state: list[Best] = []

    def ask(predicted: Array) -> float:
        errors = np.abs(predicted - actual)[asked]
        mean = float(errors.mean())
        if rules is None:
            return mean
        left_out = (errors.sum() - errors) / (len(errors) - 1)
        score = PublicScore(mean, left_out.tolist(), len(errors))
        best = state[-1] if state else None
        published = publish(rules, "lower", best, score)
        if best is None or published != best.published:
            state.append(Best(score, published))
        return published

    found = probe(ask, actual, submissions, seed + 1)

    def gain(on: NDArray[np.bool_]) -> Array:
        return np.array([0.5 - np.abs(each - actual)[on].mean() for each in found])

    return Gains(gain(asked), gain(private))


def draw(curves: Sequence[tuple[str, Array]]) -> dict[str, Any]:
    """Return the plot, as Vega-Lite: a line per curve, the gain over the submissions."""
    rows = [
        {"submissions": number, "gain": round(float(gain), 4), "curve": name}
        for name, gains in curves
        for number, gain in list(enumerate(gains, 1))[::8]
    ]
    encoding = {
        "x": {
            "field": "submissions",
            "type": "quantitative",
            "title": "submissions",
            "axis": {"tickCount": 8},
        },
        "y": {"field": "gain", "type": "quantitative", "title": "gain in MAE over the guess"},
        "color": {
            "field": "curve",
            "type": "nominal",
            "title": None,
            "sort": [name for name, _ in curves],
            "scale": {"range": ["#c4501b", "#a6761d", "#0b6fa8", "#20815a"]},
            "legend": {"orient": "bottom", "columns": 1, "labelLimit": 500},
        },
    }
    schema = "https://vega.github.io/schema/vega-lite/v6.json"
    size = {"width": 520, "height": 300, "background": "white"}
    mark = {"type": "line", "strokeWidth": 2}
    return {"$schema": schema, **size, "data": {"values": rows}, "mark": mark, "encoding": encoding}


def find_curves() -> list[tuple[str, Array]]:
    """Return what the plot shows."""
    exact = simulate(Rules(publish="exact", seed="s"))
    ladder = simulate(Rules(publish="ladder", seed="s"))
    return [
        ("no protection: exact scores of all targets, which decide", simulate(None).told),
        ("exact scores of the public split: public", exact.told),
        ("the Ladder on the public split: public", ladder.told),
        ("the Ladder on the public split: private, which decides", ladder.private),
    ]


def main(plot: Path = PLOT) -> None:
    """Draw the plot into the docs."""
    import vl_convert  # noqa: PLC0415  (an extra, and slow)

    svg: str = vl_convert.vegalite_to_svg(draw(find_curves()))
    plot.write_text(svg + "\n")


if __name__ == "__main__":
    main()
