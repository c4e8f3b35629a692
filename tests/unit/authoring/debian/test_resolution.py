import pytest

from runner.authoring.debian.packages import PackageIndex, read_installed
from runner.authoring.debian.resolution import resolve
from runner.errors import BuildError
from tests.unit.authoring.debian.builder import described, index, status

WHERE = "Debian 12 (bookworm) for amd64"


def names(packages: PackageIndex, *wanted: str, base: str = "") -> list[str]:
    """Return what is installed, as ``name=version``."""
    found = resolve(wanted, packages, read_installed(base), WHERE)
    return [f"{one.name}={one.version}" for one in found]


def test_what_a_package_needs_is_installed_and_what_the_base_has_is_not() -> None:
    packages = index(
        described("a", Depends="b, c"), described("b", Depends="d"), described("c"), described("d")
    )
    assert names(packages, "a", base=status(described("c"))) == ["a=1", "b=1", "d=1"]


def test_what_the_base_has_already_needs_nothing() -> None:
    assert names(index(described("a", "2")), "a", base=status(described("a", "1"))) == []


def test_of_alternatives_the_first_that_exists_is_taken_unless_one_is_there() -> None:
    packages = index(described("a", Depends="x | b | c"), described("b"), described("c"))
    assert names(packages, "a") == ["a=1", "b=1"]
    assert names(packages, "a", base=status(described("c"))) == ["a=1"]


def test_a_virtual_package_is_met_by_one_that_provides_it() -> None:
    packages = index(described("a", Depends="v (>= 2)"), described("b", Provides="v (= 2)"))
    assert names(packages, "a") == ["a=1", "b=1"]


def test_a_virtual_package_can_only_be_named_where_the_base_has_one_that_provides_it() -> None:
    packages = index(described("b", Provides="v"), described("c", Provides="v (= 2)"))
    with pytest.raises(BuildError, match=r"v is only what other packages provide.* them: b, c\.$"):
        names(packages, "v")
    assert names(packages, "v", base=status(described("b", Provides="v"))) == []


def test_control_a_package_that_others_provide_too_is_taken_itself() -> None:
    assert names(index(described("a", Provides="v"), described("v")), "v") == ["v=1"]


def test_packages_that_need_each_other_are_both_installed() -> None:
    packages = index(described("a", Depends="b"), described("b", Depends="a"))
    assert names(packages, "a") == ["a=1", "b=1"]


def test_a_package_of_the_base_that_is_too_old_is_renewed_with_what_stands_on_it() -> None:
    """As with gcc-12-base, of which libgcc-s1 needs exactly the same version."""
    packages = index(
        described("gomp", "2", Depends="gcc-base (= 2)"),
        described("gcc-base", "2"),
        described("libgcc", "2", Depends="gcc-base (= 2)"),
    )
    base = status(described("gcc-base", "1"), described("libgcc", "1", Depends="gcc-base (= 1)"))
    assert names(packages, "gomp", base=base) == ["gcc-base=2", "gomp=2", "libgcc=2"]


def test_a_package_of_the_base_that_would_break_is_renewed() -> None:
    packages = index(described("a", Breaks="b (<< 2)"), described("b", "2"))
    assert names(packages, "a", base=status(described("b", "1"))) == ["a=1", "b=2"]
    assert names(packages, "a", base=status(described("b", "2"))) == ["a=1"]


def test_packages_that_exclude_each_other_are_refused() -> None:
    packages = index(described("a", Conflicts="b"), described("b"))
    with pytest.raises(BuildError, match=r"can't be installed together: .* excludes a and b"):
        names(packages, "a", "b")
    assert names(packages, "a") == ["a=1"]


def test_a_package_may_provide_what_it_excludes() -> None:
    assert names(index(described("a", Provides="v", Conflicts="v")), "a") == ["a=1"]


@pytest.mark.parametrize(
    ("fields", "installed"),
    [
        ({}, ["a=1"]),
        ({"Depends": "debconf"}, ["a=1", "perl-base=1"]),
        ({"Section": "admin"}, ["a=1", "perl-base=1"]),
    ],
)
def test_an_essential_package_that_the_base_lacks_is_added_if_one_may_use_it(
    fields: dict[str, str], installed: list[str]
) -> None:
    packages = index(described("a", **fields), described("perl-base", Essential="yes"))
    assert names(packages, "a", base=status(described("debconf"))) == installed
    base = status(described("debconf"), described("perl-base"))
    assert names(packages, "a", base=base) == ["a=1"]


def test_a_name_that_does_not_exist_is_told_with_the_nearest() -> None:
    message = (
        f"{WHERE.replace('(', '.').replace(')', '.')} has no package libgomp. Did you mean libgomp1"
    )
    with pytest.raises(BuildError, match=message):
        names(index(described("libgomp1")), "libgomp")


def test_a_need_that_nothing_meets_is_told() -> None:
    with pytest.raises(BuildError, match=r"a 1 needs b \(>= 2\) or c, which Debian"):
        names(index(described("a", Depends="b (>= 2) | c"), described("b")), "a")
