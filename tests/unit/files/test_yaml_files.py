"""Every mistake in a file that people write is named with its line; what is right is taken."""

import time
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter

from runner.errors import SuiteError, UsageError
from runner.files.yaml_files import MOST_BYTES, MOST_DEPTH, YamlForm, parse_yaml, read_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    folds: int = 5
    words: list[str] = []


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = "n"
    division: Inner = Inner()
    choice: Literal["all"] | int = 1
    weights: dict[str, Inner] = {}


FORM = YamlForm(TypeAdapter(Outer), "a mapping of four fields", SuiteError)
ANYTHING = YamlForm(TypeAdapter(Any), "anything", SuiteError)


def parse(text: str | bytes) -> Outer:
    return parse_yaml(text if isinstance(text, bytes) else text.encode(), "file.yaml", FORM)


def refusal(text: str | bytes) -> str:
    with pytest.raises(SuiteError) as refused:
        parse(text)
    said = str(refused.value)
    assert said.startswith("file.yaml: ")
    assert all(line.isprintable() for line in said.split("\n"))
    return said.removeprefix("file.yaml: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nname: b\n", "line 2: the key 'name' stands twice, first in line 1"),
        (
            "name: a\ndivision:\n  folds: 3\n  folds: 4\n",
            "line 4: the key 'folds' stands twice, first in line 3",
        ),
        (
            "weights:\n  a: {folds: 1}\n  b:\n    folds: 2\n    'folds': 3\n",
            "line 5: the key 'folds' stands twice, first in line 4",
        ),
        ("weights: {1: {}}", "line 1: the key '1' should be text: put it in quotes"),
        ("weights:\n  no: {}", "line 2: the key 'no' should be text: put it in quotes"),
        ("? [a]\n: b\n", "line 1: a key should be text"),
    ],
)
def test_a_key_that_is_doubled_or_no_text_is_refused_with_its_line(text: str, said: str) -> None:
    assert refusal(text) == said


def test_the_same_key_in_two_places_is_taken() -> None:
    found = parse("name: a\nweights:\n  a: {folds: 1}\n  '1': {folds: 2}\n  'no': {}\n")
    assert [(name, each.folds) for name, each in found.weights.items()] == [
        ("a", 1),
        ("1", 2),
        ("no", 5),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\ndivison: {}\n", "line 2: divison: no such field; did you mean division?"),
        ("weights:\n  a:\n    fold: 2\n", "line 3: weights.a.fold: no such field; did you mean "),
        ("zzz: 1\n", "line 1: zzz: no such field; there are name, division, choice, weights"),
        ('"\\e[31m": 1\n', r"line 1: \x1b[31m: no such field"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_name(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


def test_a_key_that_is_far_from_every_name_gets_no_suggestion() -> None:
    assert "did you mean" not in refusal("zzz: 1\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: 1.0\n", "line 1: name: should be text, not 1.0: put it in quotes"),
        ("name:\n", "line 1: name: should be text, not nothing"),
        ("division: [a]\n", "line 1: division: should be a mapping, not ['a']"),
        ("division:\n  words:\n  - a\n  - 3\n", "line 4: division.words, item 2: should be text"),
        ("division: {words: a}\n", "line 1: division.words: should be a list, not 'a'"),
        ("choice: most\n", "line 1: choice: should be 'all', not 'most' or should be a valid int"),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_what_it_should_be(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


def test_every_wrong_field_is_named_in_the_order_of_the_lines() -> None:
    said = refusal("division:\n  folds: x\nzzz: 1\nname: 3\n").splitlines()
    assert said[0] == "3 fields are wrong:"
    assert [line.split(":")[0] for line in said[1:]] == ["  line 2", "  line 3", "  line 4"]


def test_of_very_many_wrong_fields_some_are_named() -> None:
    said = refusal("".join(f"zzz{number}: 1\n" for number in range(500))).splitlines()
    assert len(said) == 22
    assert said[-1] == "  and 480 more"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; it should be a mapping of four fields."),
        ("# nothing\n", "is empty"),
        ("- name\n", "line 1: should be a mapping of four fields, not ['name']"),
        ("name\n", "line 1: should be a mapping of four fields, not 'name'"),
        ("null\n", "line 1: should be a mapping of four fields, not nothing"),
        ("name: a\n---\nname: b\n", "line 2: not YAML: but found another document"),
        ("name: a\n\tchoice: 1\n", "line 2: not YAML: found character '\\t' that cannot start"),
        ("name: [\n", "line 2: not YAML"),
        (b"name: a\nname\xff: b\n", "line 2: not text in UTF-8"),
        ("name: a".encode("utf-16"), "line 1: not text in UTF-8"),
        ("name: a\nchoice: \x1b\n", "line 2: not YAML: the character 0x1b"),
        ("name: !!python/object/apply:os.getcwd []\n", "line 1: the tag 'tag:yaml.org,2002:python"),
        ("name: a\nchoice: !!timestamp x\n", "line 2: the tag 'tag:yaml.org,2002:timestamp'"),
        ("choice: !!int x\n", "line 1: the tag 'tag:yaml.org,2002:int' is not allowed"),
        ("choice: !!bool x\n", "line 1: the tag"),
        ("choice: !!int ''\n", "line 1: the tag"),
        ("choice: !!set {a, b}\n", "line 1: the tag"),
        ("choice: =\n", "line 1: the tag 'tag:yaml.org,2002:value'"),
        ("choice: 0x_\n", "not YAML: a value can't be read"),
        (f"choice: {'9' * 5000}\n", "not YAML: a value can't be read"),
        (f"choice: 0x{'f' * 5000}\n", "line 1: the number"),
        (f"choice: 0b{'1' * 5000}\n", "line 1: the number"),
        (f"choice: 0{'7' * 5000}\n", "line 1: the number"),
        (f"choice: {'59:' * 300}59\n", "line 1: the number"),
        ("name: *missing\n", "line 1: not YAML: found undefined alias"),
    ],
)
def test_what_is_no_document_of_the_form_is_refused(text: str | bytes, said: str) -> None:
    assert refusal(text).startswith(said)


def test_a_tab_is_explained() -> None:
    assert refusal("name: a\n\tchoice: 1\n").endswith("; indent with spaces")
    assert parse("name: 'a\tb'\n").name == "a\tb"  # the control: in quotes it is text


def test_a_number_in_quotes_or_with_its_tag_is_text() -> None:
    assert parse("name: '12'\n").name == "12"
    assert parse("name: !!str 12\n").name == "12"


def test_a_byte_order_mark_is_taken() -> None:
    assert parse(b"\xef\xbb\xbfname: \xc3\xa4\n").name == "\xe4"


def test_what_looks_like_a_date_is_text() -> None:
    assert parse("name: 2024-01-31\n").name == "2024-01-31"


def bomb(levels: int) -> str:
    """Return lists of nine times the list before."""
    first = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    others = (f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, levels))
    return first + "".join(others)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(9), "line 6: stands for more than 100000 values"),
        ("division: &a\n  words: *a\n", "an alias is inside the value that it stands for"),
        ("name: " + "[" * 60 + "]" * 60, "nested deeper than 50 levels"),
        ("[" * 1000, "not YAML: nested too deeply"),
        (
            "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000)),
            f"line {MOST_DEPTH}: nested deeper than 50 levels",
        ),
    ],
)
def test_what_stands_for_more_than_it_is_long_is_refused_at_once(text: str, said: str) -> None:
    began = time.process_time()
    assert said in refusal(text)
    assert time.process_time() - began < 5


def test_a_few_aliases_and_merged_keys_are_taken() -> None:
    found = parse("weights:\n  a: &a {folds: 2}\n  b: *a\n  c: {<<: *a, words: [x]}\n")
    assert [(each.folds, each.words) for each in found.weights.values()] == [
        (2, []),
        (2, []),
        (2, ["x"]),
    ]
    assert len(parse_yaml(bomb(3).encode(), "f", ANYTHING)) == 3


def test_a_file_over_the_bound_is_refused_and_one_at_it_is_taken() -> None:
    full = "name: a\n#".ljust(MOST_BYTES, "x")
    assert parse(full).name == "a"
    assert refusal(full + "x") == f"more than {MOST_BYTES} bytes"


def test_a_file_is_read_and_its_errors_have_the_class_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("name: a\n")
    form = YamlForm(TypeAdapter(Outer), "a mapping", UsageError)
    assert read_yaml(path, form).name == "a"
    path.write_text("nam: a\n")
    with pytest.raises(UsageError, match=r"file\.yaml: line 1: nam: .* did you mean name"):
        read_yaml(path, form)


def test_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"can't be read \(Is a directory"):
        read_yaml(tmp_path, FORM)
    with pytest.raises(SuiteError, match=r"can't be read \(No such file"):
        read_yaml(tmp_path / "missing.yaml", FORM)
