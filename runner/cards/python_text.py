"""Python in a card, before anything runs: what could never run is refused."""

import ast
import builtins

TYPE_NAMES = ("List", "Dict", "Tuple", "Any")
"""What MAGNET knows in a symbol's type besides Python's builtins."""


def check_python(text: str) -> str:
    """Return the text.

    Raises:
        ValueError: it is no Python; says in which of its lines.
    """
    try:
        compile(text, "card", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = "" if line is None else f", in its line {line}"
        message = getattr(error, "msg", None) or str(error) or type(error).__name__
        raise ValueError(f"is no Python ({message}{where})") from None
    return text


def check_type(text: str) -> str:
    """Return the text.

    Raises:
        ValueError: it is no type that MAGNET can check.
    """
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(_no_type(text)) from None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    calls = any(isinstance(node, ast.Call | ast.Attribute) for node in ast.walk(tree))
    if calls or not names or not all(n in TYPE_NAMES or hasattr(builtins, n) for n in names):
        raise ValueError(_no_type(text))
    return text


def _no_type(text: str) -> str:
    return f"{text!r:.60} is no type; write e.g. float, List[int], Dict[str, Any], Tuple[str, int]"
