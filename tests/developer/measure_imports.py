"""Measures how the modules of runner/ hang together: `python tests/developer/measure_imports.py`.

With `--evaluate IMAGE SUITE`, also what one `runner evaluate` of a built suite executes. Works on
any checkout: set PYTHONPATH to it, and run this file there.
"""

import argparse
import ast
import inspect
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path.cwd()
PACKAGE = "runner"


def module_name(path: Path, root: Path) -> str:
    words = path.relative_to(root).with_suffix("").parts
    return ".".join(words[:-1] if words[-1] == "__init__" else words)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(tree: ast.AST, *, in_function: bool = False) -> Iterator[tuple[bool, str]]:
    """Yield what is imported, name by name, and whether a function does it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr) or is_type_checking(node):  # no expression imports
            continue
        if isinstance(node, ast.Import):
            yield from ((in_function, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for each in node.names:
                yield in_function, f"{node.module}:{each.name}"
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from imports(node, in_function=in_function or is_function)


def longest_chain(graph: dict[str, set[str]]) -> list[str]:
    """Return the longest way along imports; what closes a circle is left out."""
    longest: dict[str, list[str]] = {}

    def visit(name: str, above: frozenset[str]) -> list[str]:
        if name not in longest:
            below = [each for each in graph[name] if each not in above]
            ways = [visit(each, above | {name}) for each in below]
            longest[name] = [name, *max(ways, key=len, default=[])]
        return longest[name]

    return max((visit(name, frozenset()) for name in graph), key=len)


def measure_source(root: Path) -> dict[str, Any]:
    """Return how the modules below ``root / PACKAGE`` import each other."""
    paths = sorted((root / PACKAGE).rglob("*.py"))
    trees = {module_name(path, root): ast.parse(path.read_bytes()) for path in paths}
    graph: dict[str, set[str]] = {name: set() for name in trees}
    local = {"own": 0, "others": 0}
    for name, tree in trees.items():
        for in_function, imported in imports(tree):
            module, _, attribute = imported.partition(":")
            target = f"{module}.{attribute}" if f"{module}.{attribute}" in trees else module
            if in_function:
                local["own" if target in trees else "others"] += 1
            elif target in trees and target != name:
                graph[name].add(target)
    chain = longest_chain(graph)
    return {
        "modules": len(trees),
        "names imported inside functions, own": local["own"],
        "names imported inside functions, others": local["others"],
        "longest chain of imports": len(chain),
        "chain": chain,
    }


def measure_evaluation(image: str, suite: str) -> dict[str, Any]:
    """Return how many modules and functions one evaluation executes, of those below runner/."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    with tempfile.TemporaryDirectory() as out:
        sys.argv = ["runner", "evaluate", image, "--suite", suite, "--out", out]
        sys.setprofile(note)
        threading.setprofile(note)
        try:
            from runner.cli.main import main  # noqa: PLC0415  (its import is measured too)

            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.setprofile(None)
    own = [each for each in seen if each.co_filename.startswith(f"{ROOT / PACKAGE}/")]
    imported = {each.co_filename for each in own if each.co_name == "<module>"}
    # The body of a class is code that runs too, at its import; only a function is optimized.
    functions = [
        each
        for each in own
        if each.co_flags & inspect.CO_OPTIMIZED and not each.co_name.startswith("<")
    ]
    executed = {Path(each.co_filename).relative_to(ROOT / PACKAGE) for each in functions}
    by_folder = Counter(str(path.parent) for path in executed)
    return {
        "exit code": code,
        "modules imported": len(imported),
        "modules of which a function is executed": len(executed),
        "of these by folder": dict(sorted(by_folder.items())),
        "functions executed": len(functions),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluate", nargs=2, metavar=("IMAGE", "SUITE"))
    asked = parser.parse_args().evaluate
    measured = measure_source(ROOT) | (measure_evaluation(*asked) if asked else {})
    print(json.dumps(measured, indent=2))
