"""A submitter's name is one identity, however it is typed."""

import pytest

from runner.files.submitter_names import identity


@pytest.mark.parametrize(
    "other",
    [
        "Team-A",
        "team-a ",
        " team  a",
        "team_a",
        "TEAM A",
        "\uff54\uff45\uff41\uff4d-\uff41",  # full width
        "team\u2011a",
        "team\u00a0a",
    ],
)
def test_case_width_spaces_and_hyphens_make_no_other_name(other: str) -> None:
    assert identity(other) == identity("team-a")


@pytest.mark.parametrize(
    ("one", "other"),
    [("bill", "b1ll"), ("bill", "BIll"), ("zoo", "z00"), ("modern", "modem"), ("\u212a9", "k9")],
)
def test_what_looks_alike_is_alike(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(("one", "other"), [("team-a", "team-b"), ("team-2", "team-3")])
def test_control_other_names_are_others(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("te\u0430m", "mixes scripts"),  # a Cyrillic a
        ("\u0430\u0441\u0435", "looks like a name of plain Latin letters"),  # Cyrillic ace
        ("te\u0251m", "looks like"),  # a Latin alpha
        ("team\u200b", "can't be seen"),
        ("te\u0338am", "can't be seen, or stands on another"),
        ("te\x00am", "can't be seen"),
        ("\uac00\u3164", "can't be seen"),  # a Hangul syllable and a letter that shows nothing
        ("   ", "1 to 80"),
        ("", "1 to 80"),
        ("a" * 81, "1 to 80"),
    ],
)
def test_a_name_that_could_be_taken_for_another_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        identity(name)


@pytest.mark.parametrize(
    "name",
    [
        "\u041a\u043e\u043c\u0430\u043d\u0434\u0430 2",
        "\u30c1\u30fc\u30e0\u7532",
        "\u00e9quipe",
        "\u0395\u03bb\u03bb\u03ac\u03c2",
        "3",
    ],
)
def test_control_a_name_in_one_script_is_accepted(name: str) -> None:
    assert identity(name)


@pytest.mark.parametrize("name", ["team-a", "modern", "B1LL", "vvv rn"])
def test_the_identity_of_an_identity_is_itself(name: str) -> None:
    assert identity(identity(name)) == identity(name)
