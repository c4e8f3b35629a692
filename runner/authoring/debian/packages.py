"""Debian's packages as its own files describe them: an archive's Packages, dpkg's status. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from runner.authoring.debian.versions import compares, version_key

_RELATION = re.compile(
    r"(?P<name>[^\s:(]+)(?::\S+)?(?:\s*\((?P<operator>[<>=]+)\s*(?P<version>\S+)\))?"
)


@dataclass(frozen=True)
class Relation:
    """A package that is named by another, e.g. ``libc6 (>= 2.36)``; no operator: any version."""

    name: str
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name

    def takes(self, version: str) -> bool:
        """Return whether a version is one of those that are meant."""
        return not self.operator or compares(version, self.operator, self.version)


@dataclass(frozen=True)
class Package:
    """One version of a package.

    Attributes:
        needs: its dependencies: of each group one is needed.
        provides: further names that it goes by; a version only where it gives one.
        excludes: what it can't be installed with.
        is_library: it has files for programs, and runs nothing when it is installed.
        url: where its file is; empty if it is installed.
        sha256, size: of its file.
    """

    name: str
    version: str
    architecture: str
    needs: tuple[tuple[Relation, ...], ...] = ()
    provides: tuple[Relation, ...] = ()
    excludes: tuple[Relation, ...] = ()
    is_library: bool = False
    url: str = ""
    sha256: str = ""
    size: int = 0

    def meets(self, relation: Relation) -> bool:
        """Return whether it is what a relation names, under its own name or one it provides."""
        if self.name == relation.name:
            return relation.takes(self.version)
        return any(
            one.name == relation.name
            and (not relation.operator or bool(one.version and relation.takes(one.version)))
            for one in self.provides
        )


def read_installed(status: str) -> dict[str, Package]:
    """Return the installed packages of dpkg's status file, by name."""
    installed = {}
    for paragraph in _paragraphs(status):
        fields = _read_fields(paragraph)
        if fields.get("Status", "").endswith(" installed"):
            package = _read_package(fields, "")
            installed[package.name] = package
    return installed


@dataclass(frozen=True)
class PackageIndex:
    """All packages of some archives: their Packages files, each with the archive's URL."""

    texts: tuple[tuple[str, str], ...]

    def find(self, name: str) -> Package | None:
        """Return the newest version of a package, or None."""
        found = [
            _read_package(_read_fields(paragraph), url)
            for url, paragraph in self._by_name.get(name, ())
        ]
        return max(found, key=lambda one: version_key(one.version), default=None)

    def find_all(self, relation: Relation) -> Iterator[Package]:
        """Yield what meets a relation: the package of that name, then those that provide it."""
        names = [relation.name, *self.providers(relation.name)]
        for package in map(self.find, names):
            if package is not None and package.meets(relation):
                yield package

    @cached_property
    def essential(self) -> list[Package]:
        """Return the packages that every system is meant to have."""
        found = [
            self.find(name)
            for name, paragraphs in self._by_name.items()
            if any("\nEssential: yes\n" in paragraph for _, paragraph in paragraphs)
        ]
        return [package for package in found if package is not None]

    def providers(self, name: str) -> list[str]:
        """Return the names of the packages that provide a name beside their own."""
        return sorted(self._providers.get(name, ()))

    def names(self) -> Iterable[str]:
        """Return the names of all packages."""
        return self._by_name.keys()

    @cached_property
    def _by_name(self) -> Mapping[str, list[tuple[str, str]]]:
        found = defaultdict(list)
        for url, text in self.texts:
            for paragraph in _paragraphs(text):
                if match := re.match(r"Package: (\S+)", paragraph):
                    found[match[1]].append((url, paragraph))
        return dict(found)

    @cached_property
    def _providers(self) -> Mapping[str, set[str]]:
        found = defaultdict(set)
        for name, paragraphs in self._by_name.items():
            for _, paragraph in paragraphs:
                if match := re.search(r"(?m)^Provides: (.*)$", paragraph):
                    for one in _read_relations(match[1]):
                        found[one[0].name].add(name)
        return dict(found)


def _paragraphs(text: str) -> Iterator[str]:
    return (paragraph for paragraph in text.split("\n\n") if paragraph.strip())


def _read_fields(paragraph: str) -> dict[str, str]:
    """Return the fields of a paragraph; what continues a field on further lines is left out."""
    lines = (line.partition(":") for line in paragraph.splitlines() if line[:1] not in (" ", "\t"))
    return {name: value.strip() for name, _, value in lines}


def _read_package(fields: Mapping[str, str], archive: str) -> Package:
    def relations(*names: str) -> tuple[tuple[Relation, ...], ...]:
        return tuple(group for name in names for group in _read_relations(fields.get(name, "")))

    return Package(
        name=fields["Package"],
        version=fields["Version"],
        architecture=fields.get("Architecture", ""),
        needs=relations("Pre-Depends", "Depends"),
        provides=tuple(group[0] for group in relations("Provides")),
        excludes=tuple(group[0] for group in relations("Conflicts", "Breaks")),
        is_library=fields.get("Section") in ("libs", "oldlibs"),
        url=f"{archive}/{fields['Filename']}" if archive else "",
        sha256=fields.get("SHA256", ""),
        size=int(fields.get("Size", 0)) if archive else 0,
    )


def _read_relations(text: str) -> Iterator[tuple[Relation, ...]]:
    for group in filter(str.strip, text.split(",")):
        found = (_RELATION.match(one.strip()) for one in group.split("|"))
        yield tuple(
            Relation(one["name"], one["operator"] or "", one["version"] or "")
            for one in found
            if one is not None
        )
