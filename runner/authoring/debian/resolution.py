"""Names of packages -> all packages that have to be installed with them. Pure.

Debian's stable releases are consistent: the newest version of each package can be installed with
the newest versions of what it needs. So no choice is ever taken back, as a solver would.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping

from runner.authoring.debian.packages import Package, PackageIndex, Relation
from runner.errors import BuildError

_DEBCONF = "debconf"

_SHOWN_PROVIDERS = 5


def resolve(
    wanted: Iterable[str], index: PackageIndex, installed: Mapping[str, Package], where: str
) -> list[Package]:
    """Return the packages to install beside those that are installed, sorted by name.

    A package of the base is replaced by its newest version only if something needs that.

    Args:
        where: the distribution and architecture, for messages.

    Raises:
        BuildError: a package or something that it needs does not exist, or two exclude each other.
    """
    plan = _Plan(index, installed, where)
    for name in wanted:
        if plan.holds(Relation(name)) is None:
            plan.add(plan.find(name))
    plan.complete()
    return sorted(plan.chosen.values(), key=lambda package: package.name)


class _Plan:
    def __init__(self, index: PackageIndex, installed: Mapping[str, Package], where: str) -> None:
        self.index, self.installed, self.where = index, installed, where
        self.chosen: dict[str, Package] = {}
        self._unvisited: list[Package] = []
        self._visited: set[str] = set()

    def all(self) -> Iterator[Package]:
        """Yield all that will be installed in the end."""
        yield from {**self.installed, **self.chosen}.values()

    def holds(self, relation: Relation) -> Package | None:
        """Return what meets a relation, or None."""
        return next((package for package in self.all() if package.meets(relation)), None)

    def find(self, name: str) -> Package:
        package = self.index.find(name)
        if package is not None:
            return package
        if providers := self.index.providers(name):
            raise BuildError(
                f"apt.txt: in {self.where}, {name} is only what other packages provide. Name one "
                f"of them: {', '.join(providers[:_SHOWN_PROVIDERS])}."
            )
        near = difflib.get_close_matches(name, self.index.names(), 3, 0.7)
        advice = (
            f"Did you mean {' or '.join(near)}?" if near else "Look for it at packages.debian.org."
        )
        raise BuildError(f"apt.txt: {self.where} has no package {name}. {advice}")

    def add(self, package: Package) -> None:
        self.chosen[package.name] = package
        self._unvisited.append(package)

    def complete(self) -> None:
        """Add what the chosen packages need, and newer versions of what they break in the base."""
        while True:
            while self._unvisited:
                self._add_needs(self._unvisited.pop())
            more = next(self._essential(), None) or next(self._outdated(), None)
            if more is None:
                return
            self.add(more)

    def _essential(self) -> Iterator[Package]:
        """Yield essential packages that the base lacks, as our own do with Perl, if one may use it.

        A library uses none, unless it asks questions when it is installed: with debconf, in Perl.
        """
        if _DEBCONF in self._visited or not all(one.is_library for one in self.chosen.values()):
            yield from (one for one in self.index.essential if one.name not in self.all_names())

    def all_names(self) -> set[str]:
        """Return the names of all that will be installed in the end."""
        return {*self.installed, *self.chosen}

    def _add_needs(self, package: Package) -> None:
        """Add what a package needs; of an installed one too, as a base may lack e.g. Perl."""
        for group in package.needs:
            held = next(filter(None, map(self.holds, group)), None)
            if held is None:
                held = self._pick(group, package)
                self.add(held)
            elif held.name not in self.chosen and held.name not in self._visited:
                self._unvisited.append(held)
            self._visited.add(held.name)

    def _pick(self, group: tuple[Relation, ...], package: Package) -> Package:
        for relation in group:
            if found := next(self.index.find_all(relation), None):
                return found
        needed = " or ".join(map(str, group))
        raise BuildError(
            f"apt.txt: {package.name} {package.version} needs {needed}, which {self.where} does "
            "not have. Make the base again, so that it has the newest packages."
        )

    def _outdated(self) -> Iterator[Package]:
        """Yield newer versions of packages of the base that could not stay as they are."""
        for package in self.installed.values():
            if package.name not in self.chosen and self._lost(package):
                yield self._renew(package, f"needs {self._lost(package)}")
        for package in self.all():
            for relation in package.excludes:
                for other in self.all():
                    if other.name != package.name and other.meets(relation):
                        both = {package.name, other.name}
                        old = [one for one in (other, package) if one.name not in self.chosen]
                        if len(old) < len(both):
                            yield self._renew(
                                old[0] if old else other, f"excludes {' and '.join(sorted(both))}"
                            )

    def _lost(self, package: Package) -> str | None:
        """Return what an installed package needs and had, and would not have any more."""
        for group in package.needs:
            had = any(one.meets(it) for it in group for one in self.installed.values())
            if had and not any(map(self.holds, group)):
                return " or ".join(map(str, group))
        return None

    def _renew(self, package: Package, why: str) -> Package:
        newest = self.index.find(package.name)
        if newest is None or newest.version == package.version:
            raise BuildError(
                f"apt.txt: these packages can't be installed together: {package.name} "
                f"{package.version} {why}. Leave one out, or use another base."
            )
        return newest
