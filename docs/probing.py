"""Attacks a competition's scores, and measures what they gain: `python docs/probing.py`.

Writes `docs/probing.svg` and the table in `docs/probing.md`. Every attacker holds an honest
predictor, off by 0.12 where the train mean is off by 0.25, and tries to learn the actuals from what
it is told of its submissions. A test asserts what the table shows, on fewer repeats.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import erf, exp, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from measured import write_measured_part
from numpy.typing import NDArray

from runner.submissions.ladder import Best, PublicScore, find_step, publish, round_up
from runner.submissions.rules import Rules

PLOT = Path(__file__).with_suffix(".svg")
PAGE = Path(__file__).with_suffix(".md")
PUBLIC, PRIVATE, REPEATS, COUNTS = 200, 200, 100, (50, 500)
NOISE = 0.15
"""Standard deviation of the honest predictor's errors."""

STEP = 0.1
"""How far a probe goes from the honest prediction."""

SPIKE = 1000.0

Array = NDArray[np.float64]


@dataclass
class World:
    """A competition as the attacker meets it: its predictions are told of by the rules.

    Attributes:
        rules: None: exact scores of unbounded losses, and cases that share their runs.
        actual, guess: on the public targets, then on the private ones.
    """

    rules: Rules | None
    random: np.random.Generator
    actual: Array
    guess: Array
    best: Best | None = None

    @classmethod
    def draw(cls, rules: Rules | None, seed: int) -> "World":
        """Return one with uniform actuals."""
        random = np.random.default_rng(seed)
        actual = random.uniform(0, 1, PUBLIC + PRIVATE)
        return cls(rules, random, actual, actual + random.normal(0, NOISE, len(actual)))

    def ask(self, predicted: Array) -> float:
        """Return what is told of a submission."""
        errors = np.abs(predicted - self.actual)[:PUBLIC]
        if self.rules is None:
            return float(errors.mean())
        if self.best is None:
            baseline = _score(np.abs(0.5 - self.actual[:PUBLIC]))
            self.step = find_step(self.rules, baseline, 1.0)
            self.best = Best(baseline, round_up(baseline.value, self.step))
        score = _score(errors.clip(0, 1))
        told = publish(self.rules, self.step, self.best, score)
        if told != self.best.published:
            self.best = Best(score, told)
        return told

    def signs(self) -> Array:
        """Return a random sign for each target."""
        signs: Array = self.random.choice([-1.0, 1.0], len(self.actual))
        return signs

    def train_half(self, target: Array) -> Array:
        """Return, for each target, the sum of all runs that its case trains on."""
        if self.rules is None:  # all others, the public ones at least
            return np.where(np.arange(len(target)) < PUBLIC, target[:PUBLIC].sum() - target, 0.0)
        others: Array = self.random.uniform(0, 1, (len(target), PUBLIC - 1)).sum(axis=1)
        return others


def _score(losses: Array) -> PublicScore:
    left_out = (losses.sum() - losses) / (len(losses) - 1)
    return PublicScore(float(losses.mean()), left_out.tolist())


Attack = Callable[[World, int], Array]
"""Takes the number of submissions; returns the attacker's last word, for all targets."""


def sum_of_the_others(world: World, submissions: int) -> Array:
    """Predict n times C less the sum of the train half: if cases share runs, each is off alike."""
    found, told = world.guess, world.ask(world.guess)
    others, center = world.train_half(world.actual), 0.5
    for _ in range(submissions - 1):
        tried = PUBLIC * center - others
        error = world.ask(tried)
        if error < told:
            found, told = np.where(np.arange(len(tried)) < PUBLIC, tried, world.guess), error
        center += world.random.choice([-1, 1]) * error / PUBLIC
    return found


def climb(world: World, submissions: int) -> Array:
    """Change 5 % of the predictions, and keep the change if that is told to be better."""
    found, told = world.guess.copy(), world.ask(world.guess)
    for _ in range(submissions - 1):
        is_changed = world.random.random(len(found)) < 0.05  # noqa: PLR2004
        tried = found + STEP * world.signs() * is_changed
        answer = world.ask(tried)
        if answer < told:
            found, told = tried, answer
    return found


def boost(world: World, submissions: int) -> Array:
    """Let each random change of which something new is told vote; Blum and Hardt, section 6."""
    told_last, rows, answers = world.ask(world.guess), [], []
    for _ in range(submissions - 1):
        signs = world.signs()
        told = world.ask(world.guess + STEP * signs)
        if told != told_last:
            rows.append(signs)
            answers.append(told)
        told_last = told
    if len(rows) < 2:  # noqa: PLR2004
        return world.guess
    votes = np.array(rows).T @ (np.array(answers) - np.mean(answers)) * PUBLIC / len(rows)
    found: Array = world.guess - votes / erf(STEP / NOISE / sqrt(2)) / (1 + PUBLIC / len(rows))
    return found


def shrink(world: World, submissions: int) -> Array:
    """Add +-B with B lowered each time: each is better, and what is told is an equation.

    Of normal errors r the mean of |B + r| is known, and changes by erf(...) r for a small r.
    """
    rows, answers, noise, told_last = [], [], [], np.inf
    for size in np.linspace(1.0, 0.0, submissions, endpoint=False):
        signs = world.signs()
        told = world.ask(world.guess + size * signs)
        if told != told_last:
            slope = erf(size / NOISE / sqrt(2))
            expected = size * slope + NOISE * sqrt(2 / pi) * exp(-((size / NOISE) ** 2) / 2)
            rows.append(slope * signs[:PUBLIC] / PUBLIC)
            answers.append(told - expected)
            noise.append(
                NOISE**2 * (1 - slope**2) / PUBLIC + (0.0 if world.rules is None else 1e-5)
            )
        told_last = told
    matrix = np.array(rows) * NOISE
    inner = matrix @ matrix.T + np.diag(np.array(noise) + 1e-9)
    found = world.guess.copy()
    found[:PUBLIC] -= NOISE * matrix.T @ np.linalg.solve(inner, np.array(answers))
    return found


def spike(world: World, submissions: int) -> Array:
    """Predict 1000 for one target: how much worse that is tells its actual."""
    found, told_of_guess = world.guess.copy(), world.ask(world.guess)
    for number in range(min(submissions - 1, PUBLIC)):
        tried = world.guess.copy()
        tried[number] = SPIKE
        change = PUBLIC * (world.ask(tried) - told_of_guess)
        if change > 1:  # 1000 - a - |guess - a|, which tells a wherever it is above the guess
            found[number] = max(found[number], (SPIKE + found[number] - change) / 2)
    return found


ATTACKS: Mapping[str, Attack] = {
    "sum": sum_of_the_others,
    "hill climbing": climb,
    "boosting": boost,
    "shrinking ±B": shrink,
    "spikes": spike,
}


@dataclass(frozen=True)
class Gain:
    """A mean gain in MAE, and its standard error over the repeats."""

    mean: float
    error: float

    @classmethod
    def of(cls, gains: Sequence[float]) -> "Gain":
        """Return that of one gain per repeat."""
        return cls(float(np.mean(gains)), float(np.std(gains, ddof=1) / np.sqrt(len(gains))))

    def __str__(self) -> str:
        """Return it with three standard errors."""
        return f"{self.mean:+.4f} ± {3 * self.error:.4f}"


def measure(attack: Attack, rules: Rules | None, submissions: int, repeats: int) -> dict[str, Gain]:
    """Return what an attack gains: ``public`` and ``private``.

    The public gain is over the best of as many random changes of the honest predictor, the private
    one over the honest predictor.
    """
    gains: dict[str, list[float]] = {"public": [], "private": []}
    for seed in range(repeats):
        world = World.draw(rules, seed)
        off = np.abs(attack(world, submissions) - world.actual)
        honest = np.abs(world.guess - world.actual)
        luck = min(
            np.abs(world.guess + STEP * world.signs() - world.actual)[:PUBLIC].mean()
            for _ in range(submissions)
        )
        best = min(luck, honest[:PUBLIC].mean())
        gains["public"].append(float(best - off[:PUBLIC].mean()))
        gains["private"].append(float((honest - off)[PUBLIC:].mean()))
    return {side: Gain.of(found) for side, found in gains.items()}


@dataclass(frozen=True)
class Row:
    """One attack with a number of submissions: exact scores, and the Ladder."""

    attack: str
    submissions: int
    exact: Gain
    public: Gain
    private: Gain


def find_rows(repeats: int = REPEATS, counts: Sequence[int] = COUNTS) -> list[Row]:
    """Return what the table shows."""
    rows = []
    for name, attack in ATTACKS.items():
        for count in counts:
            exact = measure(attack, None, count, repeats)
            ladder = measure(attack, Rules(seed="s"), count, repeats)
            rows.append(Row(name, count, exact["public"], ladder["public"], ladder["private"]))
    return rows


HEADS = ("exact scores: public", "the Ladder: public", "the Ladder: private, which decides")


def table(rows: Sequence[Row]) -> str:
    """Return the table of the page."""
    lines = ["| attack | submissions | " + " | ".join(HEADS) + " |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.attack} | {row.submissions} | {row.exact} | {row.public} | {row.private} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def draw(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the plot, as Vega-Lite: for each attack its gains with three standard errors."""
    values = [
        {
            "attack": f"{row.attack}, {row.submissions}",
            "told": head,
            "gain": gain.mean,
            "low": gain.mean - 3 * gain.error,
            "high": gain.mean + 3 * gain.error,
        }
        for row in rows
        for head, gain in zip(HEADS, (row.exact, row.public, row.private), strict=True)
    ]
    y = {"field": "attack", "type": "nominal", "title": None, "sort": None}
    offset = {"field": "told", "sort": list(HEADS)}
    color = {
        "field": "told",
        "type": "nominal",
        "title": None,
        "sort": list(HEADS),
        "scale": {"range": ["#c4501b", "#0b6fa8", "#20815a"]},
        "legend": {"orient": "bottom", "columns": 1, "labelLimit": 500},
    }
    x = {"type": "quantitative", "title": "gain in MAE, ± 3 standard errors"}
    shared = {"y": y, "yOffset": offset, "color": color}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 440,
        "height": 360,
        "background": "white",
        "data": {"values": values},
        "encoding": shared,
        "layer": [
            {
                "mark": "rule",
                "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}},
            },
            {"mark": {"type": "point", "filled": True}, "encoding": {"x": {"field": "gain", **x}}},
        ],
    }


def main(plot: Path = PLOT, page: Path = PAGE, repeats: int = REPEATS) -> None:
    """Draw the plot into the docs, and write the table."""
    import vl_convert  # noqa: PLC0415  (an extra, and slow)

    rows = find_rows(repeats)
    svg: str = vl_convert.vegalite_to_svg(draw(rows))
    plot.write_text(svg + "\n")
    write_measured_part(page, table(rows))


if __name__ == "__main__":
    main()
