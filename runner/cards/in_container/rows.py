"""One row of kwdagger's results, as a claim reads it."""

from typing import Any

NAMESPACES = ("metrics", "params", "resolved_params")
"""The parts of a row that a claim may leave out when it names a node's field."""


class Row:
    """One row of results, whose columns a claim reads as attributes.

    ``metrics.node.field`` names a column outright; ``node.field`` works where every namespace that
    has the field agrees.
    """

    def __init__(
        self,
        flat: dict[str, Any],
        prefix: str = "",
        accessed: set[str] | None = None,
        alias: dict[str, str] | None = None,
        ambiguous: dict[str, list[str]] | None = None,
    ) -> None:
        self._flat, self._prefix = flat, prefix
        self._accessed: set[str] = set() if accessed is None else accessed
        self._alias, self._ambiguous = alias or {}, ambiguous or {}

    def bind(self) -> dict[str, Any]:
        """Return the names that a claim may begin with, by namespace."""
        roots = {key.split(".", 1)[0] for key in self._flat}
        return {
            root: self._flat.get(root, Row(self._flat, f"{root}.", self._accessed))
            for root in sorted(roots)
        }

    def bind_nodes(self) -> dict[str, Any]:
        """Return one view per node, without the namespaces."""
        names: set[str] = set()
        for key in self._flat:
            parts = key.split(".")
            if parts[0] in NAMESPACES:
                names.update(parts[1:-1])
        return {name: self._of_node(name) for name in sorted(names - set(NAMESPACES))}

    def _of_node(self, node: str) -> "Row":
        found: dict[str, dict[str, Any]] = {}
        for key, value in self._flat.items():
            before, marker, local = key.partition(f".{node}.")
            if marker and before.split(".", 1)[0] in NAMESPACES:
                found.setdefault(local, {})[key] = value
        values, alias, ambiguous = {}, {}, {}
        for local, columns in found.items():
            names = sorted(columns)
            if len({repr(value) for value in columns.values()}) > 1:
                ambiguous[local] = names
            else:
                values[local], alias[local] = columns[names[0]], names[0]
        return Row(values, "", self._accessed, alias, ambiguous)

    def keys(self) -> list[str]:
        """Return the dotted names below."""
        all_keys = [*self._flat, *self._ambiguous]
        return sorted(k[len(self._prefix) :] for k in all_keys if k.startswith(self._prefix))

    def items(self) -> list[tuple[str, Any]]:
        """Return names and values."""
        return [(key, self[key]) for key in self.keys()]

    def values(self) -> list[Any]:
        """Return the values."""
        return [self[key] for key in self.keys()]

    def __getitem__(self, name: str) -> Any:
        key = f"{self._prefix}{name}"
        if key in self._flat:
            self._accessed.add(self._alias.get(key, key))
            return self._flat[key]
        if any(each.startswith(f"{key}.") for each in self._flat):
            return Row(self._flat, f"{key}.", self._accessed, self._alias, self._ambiguous)
        if key in self._ambiguous:
            raise KeyError(f"{name!r} differs between {self._ambiguous[key]}; name one of them")
        raise KeyError(f"no {name!r}; there are {self.keys()[:20]}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __contains__(self, name: str) -> bool:
        key = f"{self._prefix}{name}"
        known = [*self._flat, *self._ambiguous]
        return any(each == key or each.startswith(f"{key}.") for each in known)

    def __iter__(self) -> Any:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    @property
    def _consumed(self) -> list[str]:
        return sorted(self._accessed)


def fill_declared(symbols: dict[str, Any], row: dict[str, Any]) -> None:
    """Give symbols that are only described the value of the column that they name."""
    for name, symbol in symbols.items():
        if any(symbol.get(key) is not None for key in ("value", "python", "evidence")):
            continue
        ends = [k for k in row if k.endswith(f".{name}") and k.split(".", 1)[0] in NAMESPACES]
        columns = [name] if name in row else ends
        if columns:
            symbol["value"] = row[columns[0]]
