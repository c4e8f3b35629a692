"""``runner card``."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from runner.cards.verdict import Verdict
from runner.cli.main import cli
from tests.card_builder import NODE, write_card
from tests.unit.cards.test_bundle import judged


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["card", *map(str, arguments)], catch_exceptions=False)


def test_check_sums_a_card_up(tmp_path: Path) -> None:
    symbols = {"a": {"sweep": [1, 2]}, "b": {"value": 1}, "c": {"python": "c = [1]"}, "d": {}}
    fraction = {"type": "fraction", "parameters": {"threshold": 0.8}}
    node = {**NODE, "algo_params": {"p": [1, 2, 3]}}
    path = write_card(
        tmp_path, symbols=symbols, pipeline={"n": node}, claim_aggregation_strategy=fraction
    )
    assert run("check", path).output.splitlines()[1:] == [
        "  symbol a: swept over 2 values",
        "  symbol b: a value",
        "  symbol c: Python",
        "  symbol d: of the pipeline",
        "  node n",
        "  6 cells; the claim holds if at least 0.8 of them are verified",
    ]


def test_check_prints_json(tmp_path: Path) -> None:
    path = write_card(tmp_path, symbols={"a": {"sweep": [1, 2]}})
    shown = json.loads(run("check", path, "--json").output)
    assert [cell["swept"] for cell in shown["cells"]] == [{"a": 1}, {"a": 2}]
    assert shown["claim_aggregation_strategy"] == {"type": "all", "parameters": None}


def test_show_writes_the_page_into_the_directory_of_the_run(tmp_path: Path) -> None:
    place = judged(tmp_path, [Verdict.VERIFIED, None])
    assert run("show", tmp_path / "out", "--html").output == f"page: {place / 'card.html'}\n"
    html = (place / "card.html").read_text()
    assert "<title>VERIFIED: a claim</title>" in html
    assert "no evidence" in html


def test_show_prints_what_was_found(tmp_path: Path) -> None:
    place = judged(tmp_path, [Verdict.FALSIFIED])
    lines = run("show", place).output.splitlines()
    assert lines[-2:] == ["FALSIFIED", f"results: {place}"]
    assert json.loads(run("show", place, "--json").output)["verdict"] == "FALSIFIED"
