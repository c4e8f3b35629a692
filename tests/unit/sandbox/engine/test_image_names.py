"""Names of images, as Docker allows them."""

import pytest

from runner.errors import UsageError
from runner.sandbox.engine.image_names import image_name_for, require_image_name, require_reference

WRONG = ["", "Mine", "a b", "a/../b", "\u00e9", ":", "a:", "a:b:c", "-x", "a___b", "a@sha256:0"]
RIGHT = ["a", "a-b", "a--b", "a__b", "a.b/c:1.2-x_Y", "Host:5000/a/b:c", "[::1]:5000/a", "9"]


@pytest.mark.parametrize("name", [*WRONG, "a" * 256])
def test_a_name_that_no_image_can_have_is_refused_with_one_that_it_can(name: str) -> None:
    with pytest.raises(UsageError, match="not a name for an image") as refused:
        require_image_name(name)
    require_image_name(str(refused.value).rpartition("-t ")[2])


@pytest.mark.parametrize("name", RIGHT)
def test_control_other_names_are_taken(name: str) -> None:
    require_image_name(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [("My Pred", "my_pred"), ("a--b.c", "a_b_c"), ("-dash", "dash"), ("\u65e5", "predictor")],
)
def test_a_name_is_made_of_any_text(text: str, name: str) -> None:
    assert image_name_for(text) == name
    require_image_name(name)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a/../b", "./a", "http://a", "a\x00", "\udc80", "a\n"]
)
def test_what_asks_the_engine_for_another_thing_is_no_reference(text: str) -> None:
    with pytest.raises(UsageError, match="not an image's name"):
        require_reference(text)


@pytest.mark.parametrize("text", [*RIGHT, "a@sha256:0", "sha256:0", "A"])
def test_control_a_reference_may_have_a_digest_or_be_an_id(text: str) -> None:
    require_reference(text)
