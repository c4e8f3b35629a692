"""What the page on probing claims: attacks gain with exact scores, and not by the Ladder."""

from pathlib import Path
from types import ModuleType

import pytest

from runner.submissions.rules import Rules
from tests.docs_scripts import DOCS, load_script, measured_part

REPEATS = 12
ATTACKS = ("sum", "hill climbing", "boosting", "shrinking ±B", "spikes")


@pytest.fixture(scope="module")
def probing() -> ModuleType:
    return load_script("probing")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_gains_by_the_ladder(probing: ModuleType, attack: str) -> None:
    gains = probing.measure(probing.ATTACKS[attack], Rules(seed="s"), 100, REPEATS)
    assert gains["public"].mean <= 3 * gains["public"].error
    assert abs(gains["private"].mean) <= 3 * gains["private"].error


@pytest.mark.parametrize("attack", ATTACKS)
def test_control_every_attack_gains_with_exact_scores(probing: ModuleType, attack: str) -> None:
    gains = probing.measure(probing.ATTACKS[attack], None, 500, REPEATS)
    assert gains["public"].mean > 3 * gains["public"].error


def test_the_page_has_the_table_and_the_plot_that_the_script_makes(
    probing: ModuleType, tmp_path: Path
) -> None:
    page, plot = tmp_path / "probing.md", tmp_path / "plot.svg"
    page.write_text((DOCS / "probing.md").read_text())
    probing.main(plot, page, repeats=2)
    made, kept = page.read_text().splitlines(), (DOCS / "probing.md").read_text().splitlines()
    assert [line.split(" | ")[:2] for line in made] == [line.split(" | ")[:2] for line in kept]
    names = {f"{name}, {count}" for name in probing.ATTACKS for count in probing.COUNTS}
    for text in (plot.read_text(), (DOCS / "probing.svg").read_text()):
        assert all(name in text for name in names)


def test_the_table_shows_what_the_page_says(probing: ModuleType) -> None:
    table = measured_part(DOCS / "probing.md")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    assert {row[0] for row in rows} == set(ATTACKS)
    for name, submissions, *gains in rows:
        exact, public, private = ([float(number) for number in cell.split(" ± ")] for cell in gains)
        assert exact[0] > exact[1] or submissions == "50", name
        assert public[0] <= public[1], name
        assert abs(private[0]) <= private[1], name
