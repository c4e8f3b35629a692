"""Resolves symbols and judges claims, as MAGNET does."""

import builtins
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any, Dict, List, Tuple, get_args, get_origin  # noqa: UP035  (MAGNET's types)

from .shown import CardFault, describe, message, shown

TYPE_NAMES = {"List": List, "Dict": Dict, "Tuple": Tuple, "Any": Any}  # noqa: UP006  (the same)


def resolve(symbols: dict[str, Any], load: Callable[[str], Any]) -> dict[str, Any]:
    """Return the symbols' values; each is computed from copies of those before it.

    Raises:
        CardFault: one can't be resolved.
    """
    graph = {name: symbol.get("depends") or [] for name, symbol in symbols.items()}
    values: dict[str, Any] = {}
    for name in TopologicalSorter(graph).static_order():
        try:
            values[name] = _resolve_one(name, symbols[name], dict(values), load)
        except Exception as error:
            raise CardFault(f"symbol {name}: {describe(error)}") from error
    return {name: values[name] for name in symbols}


def _resolve_one(
    name: str, symbol: dict[str, Any], context: dict[str, Any], load: Callable[[str], Any]
) -> Any:
    if symbol.get("evidence") is not None:
        return load(symbol["evidence"])
    if symbol.get("value") is not None:
        return symbol["value"]
    code = compile(symbol.get("python") or "", f"<{name}>", "exec", dont_inherit=True)
    exec(code, context)  # noqa: S102  (this is what the container is for)
    if name not in context:
        raise NameError(f"its Python does not assign {name}")
    kind = eval(symbol["type"], dict(TYPE_NAMES))  # noqa: S307  (the same)
    if not is_of_type(kind, context[name]):
        raise TypeError(f"{shown(context[name])} is not {symbol['type']}")
    return context[name]


def is_of_type(kind: Any, value: Any) -> bool:
    """Return whether a value is of a symbol's type, as MAGNET checks it."""
    origin, members = get_origin(kind), get_args(kind)
    if origin is builtins.list:
        return isinstance(value, list) and all(is_of_type(members[0], each) for each in value)
    if origin is builtins.dict:
        return isinstance(value, dict) and all(
            is_of_type(members[0], key) and is_of_type(members[1], each)
            for key, each in value.items()
        )
    if origin is builtins.tuple:
        fits = isinstance(value, tuple) and len(value) == len(members)
        return fits and all(map(is_of_type, members, value))
    return origin is None and (kind is Any or isinstance(value, kind))


def judge(claim: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return the verdict on the claim, and why."""
    try:
        code = compile(claim, "<claim>", "exec", dont_inherit=True)
        exec(code, context)  # noqa: S102  (this is what the container is for)
    except AssertionError as error:
        return "FALSIFIED", f"Assertion does not hold: {message(error)}"
    except NameError as error:
        return "INCONCLUSIVE", f"SymbolNotResolved: {message(error)}"
    except Exception as error:  # noqa: BLE001  (any other says nothing about the claim)
        return "INCONCLUSIVE", f"ERROR evaluating claim: {message(error)}"
    return "VERIFIED", "Assertion holds"
