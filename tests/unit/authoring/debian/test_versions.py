from itertools import pairwise

import pytest

from runner.authoring.debian.versions import compares, version_key

RISING = ["1.0~~", "1.0~rc1", "1.0~rc1-1", "1.0", "1.0-1", "1.0a", "1.0+b1", "1.9", "1.10", "1:0.1"]


def test_versions_have_debians_order() -> None:
    """Which `dpkg --compare-versions` gives for each pair of neighbours."""
    keys = [version_key(version) for version in RISING]
    assert all(one < next_one for one, next_one in pairwise(keys))


@pytest.mark.parametrize(("one", "other"), [("1.0", "1.0-0"), ("1.0", "0:1.0"), ("1.00", "1.0")])
def test_what_is_missing_counts_as_zero(one: str, other: str) -> None:
    assert version_key(one) == version_key(other)


@pytest.mark.parametrize(
    ("sign", "holds"),
    [("<<", False), ("<=", True), ("=", True), (">=", True), (">>", False)],
)
def test_a_version_is_compared_with_itself(sign: str, holds: bool) -> None:
    assert compares("2.36-9", sign, "2.36-9") is holds


@pytest.mark.parametrize(
    ("sign", "holds"),
    [("<<", True), ("<=", True), ("=", False), (">=", False), (">>", False)],
)
def test_a_version_is_compared_with_a_later_one(sign: str, holds: bool) -> None:
    assert compares("3.1~", sign, "3.1") is holds
    assert compares("3.1", sign, "3.1~") is (not holds if sign != "=" else False)
