"""Models of pydantic are built when they are first used: most commands use few of them.

ConfigDict(defer_build=True) does that.
"""

import subprocess
import sys

BUILT = """
import gc, pkgutil, sys
from importlib import import_module
from pydantic import BaseModel, TypeAdapter
import runner

BEFORE
for found in pkgutil.walk_packages(runner.__path__, "runner."):
    if not found.name.endswith("__main__") and not found.name.startswith("runner.helm_run"):
        import_module(found.name)
for each in gc.get_objects():
    if isinstance(each, TypeAdapter) and each.pydantic_complete:
        print(each)
    elif isinstance(each, type) and issubclass(each, BaseModel) and each is not BaseModel:
        if each.__pydantic_complete__ and each.__module__.startswith(("runner.", "__main__")):
            print(f"{each.__module__}.{each.__name__}")
"""


def built_at_import(before: str = "") -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", BUILT.replace("BEFORE", before)],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.split()


def test_no_model_is_built_when_its_module_is_imported() -> None:
    assert built_at_import() == []


def test_control_models_and_forms_that_are_built_at_once_are_found() -> None:
    assert built_at_import("class Eager(BaseModel): pass\nforms = TypeAdapter(int)") == [
        "__main__.Eager",
        "TypeAdapter(int)",
    ]
