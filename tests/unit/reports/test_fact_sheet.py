"""What an author says of a predictor is hostile text, in a file and in a label."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.authoring.fact_sheet_file import parse_fact_sheet
from runner.errors import SuiteError, UsageError
from runner.reports.fact_sheet import (
    FACTS_LABEL,
    MOST_AUTHORS,
    FactSheet,
    facts_label,
    label_fault,
    read_facts,
)
from runner.reports.report import parse_report
from tests.unit.reports.builder import make_report

SOUND: dict[str, Any] = {
    "title": "Items by their difficulty: ≤ 2 parameters",
    "authors": ["Ada Lovelace", "王小明"],
    "method": "A logistic model of all items.\nThen the mean.\n",
    "paper": "https://arxiv.org/abs/2402.14992",
    "code": "https://example.org/code?a=b#c",
    "license": "Apache-2.0",
    "data_used": "none",
}
WRONG: dict[str, dict[str, Any]] = {
    "an escape": {"title": "\x1b[31mred"},
    "right to left": {"title": "a\u202egpj"},
    "a null byte": {"title": "a\0"},
    "a lone surrogate": {"title": "a\ud800"},
    "a long title": {"title": "a" * 201},
    "a long method": {"method": "a" * 2_001},
    "a letter that shows nothing": {"title": "\u3164"},
    "no title": {"title": " \n"},
    "a number": {"title": 5},
    "a list": {"method": ["a"]},
    "one author as text": {"authors": "Ada"},
    "many authors": {"authors": ["a"] * (MOST_AUTHORS + 1)},
    "a nested author": {"authors": [["a"]]},
    "a script": {"paper": "javascript:alert(1)"},
    "data": {"paper": "data:text/html,<script>alert(1)</script>"},
    "plain http": {"code": "http://example.org"},
    "a user": {"code": "https://arxiv.org@example.org/"},
    "no host": {"code": "https:///x"},
    "a broken host": {"code": "https://[x"},
    "a quotation mark": {"code": 'https://example.org/"onmouseover=1'},
    "a tag": {"code": "https://example.org/<script>"},
    "a long port": {"code": "https://example.org:99999999/"},
    "a space": {"code": "https://example.org/a b"},
    "another alphabet": {"code": "https://ex\u0430mple.org/"},
    "an unknown key": {"licence": "MIT"},
}


def test_a_label_holds_what_the_file_says() -> None:
    sheet = parse_fact_sheet(yaml.safe_dump(SOUND, allow_unicode=True).encode(), "predictor.yaml")
    assert sheet == FactSheet(**SOUND)
    assert sheet.method == "A logistic model of all items. Then the mean."
    assert read_facts({FACTS_LABEL: facts_label(sheet)}) == sheet


def test_a_file_of_comments_alone_says_nothing() -> None:
    assert parse_fact_sheet(b"# title: ...\n\n  # authors: []\n", "predictor.yaml") is None
    assert read_facts({}) is None
    assert label_fault({}) is None


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused_by_its_name(what: str) -> None:
    content = json.dumps(SOUND | WRONG[what]).encode()  # JSON is YAML
    with pytest.raises(UsageError, match=r"^mine/predictor\.yaml: ") as refused:
        parse_fact_sheet(content, "mine/predictor.yaml")
    assert all(line.isprintable() for line in str(refused.value).splitlines())
    assert len(str(refused.value)) < 1_000


def test_an_unknown_key_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"line 2.*license"):
        parse_fact_sheet(b"title: a\nlicence: MIT\n", "predictor.yaml")


ALIASES = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(24)
)


@pytest.mark.parametrize("content", [b"title: " + b"a" * 1_000_000, ALIASES.encode(), b"[", b"5"])
def test_a_large_or_broken_file_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        parse_fact_sheet(content, "predictor.yaml")


LABELS = {name: json.dumps(SOUND | wrong) for name, wrong in WRONG.items()} | {
    "not JSON": "title: a",
    "nothing": "",
    "null": "null",
    "a list": "[]",
    "deep": "[" * 10_000,
    "large": json.dumps({"title": "a", "method": "a" * 1_000_000}),
}


@pytest.mark.parametrize("what", LABELS)
def test_a_wrong_label_is_not_shown_and_told_in_printable_words(what: str) -> None:
    labels = {FACTS_LABEL: LABELS[what]}
    assert read_facts(labels) is None
    fault = label_fault(labels)
    assert fault is not None
    assert fault.isprintable()
    assert len(fault) < 200


def test_control_a_sound_label_is_shown() -> None:
    labels = {FACTS_LABEL: json.dumps(SOUND)}
    assert label_fault(labels) is None
    assert read_facts(labels) == FactSheet(**SOUND)


@pytest.mark.parametrize("what", WRONG)
def test_a_report_with_a_wrong_fact_sheet_is_refused(what: str) -> None:
    report = json.loads(make_report().model_dump_json())
    report["image"]["facts"] = SOUND
    read = parse_report(Path("report.json"), json.dumps(report).encode())
    assert read.image.facts == FactSheet(**SOUND)  # the control
    report["image"]["facts"] = SOUND | WRONG[what]
    with pytest.raises(SuiteError):
        parse_report(Path("report.json"), json.dumps(report).encode())
