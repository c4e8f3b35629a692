import pytest

from runner.authoring.debian.packages import Relation, read_installed
from tests.unit.authoring.debian.builder import ARCHIVE, described, index, status


def test_a_package_is_read_with_all_that_it_says() -> None:
    found = index(
        described(
            "a",
            "1:2-3",
            Pre_Depends="b (>= 1.0~)",
            Depends="c:any | d (= 2), e",
            Provides="f (= 4), g",
            Breaks="h (<< 5)",
            Description="text\n more of it: x",
        )
    ).find("a")
    assert found is not None
    assert found.needs == (
        (Relation("b", ">=", "1.0~"),),
        (Relation("c"), Relation("d", "=", "2")),
        (Relation("e"),),
    )
    assert found.provides == (Relation("f", "=", "4"), Relation("g"))
    assert found.excludes == (Relation("h", "<<", "5"),)
    assert (found.url, found.size) == (f"{ARCHIVE}/pool/a_1:2-3_amd64.deb", 3)


def test_the_newest_version_counts() -> None:
    found = index(described("a", "9"), described("a", "10"), described("a", "10~1")).find("a")
    assert found is not None
    assert found.version == "10"
    assert index(described("a")).find("b") is None


def test_the_package_of_a_name_comes_before_those_that_provide_it() -> None:
    packages = index(described("z"), described("b", Provides="z"), described("a", Provides="z"))
    assert [one.name for one in packages.find_all(Relation("z"))] == ["z", "a", "b"]


@pytest.mark.parametrize(
    ("relation", "meets"),
    [
        (Relation("a"), True),
        (Relation("a", ">=", "2"), True),
        (Relation("a", ">=", "3"), False),
        (Relation("f", "=", "4"), True),
        (Relation("g"), True),
        (Relation("g", "=", "2"), False),
    ],
)
def test_a_name_that_is_provided_meets_a_version_only_if_it_says_one(
    relation: Relation, meets: bool
) -> None:
    found = index(described("a", "2", Provides="f (= 4), g")).find("a")
    assert found is not None
    assert found.meets(relation) is meets


def test_only_what_dpkg_has_installed_is_installed() -> None:
    removed = f"{described('b')}Status: deinstall ok config-files\n"
    assert set(read_installed(f"{status(described('a'))}\n{removed}")) == {"a"}
