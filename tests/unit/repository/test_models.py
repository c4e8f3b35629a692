"""Models of pydantic are built when they are first used: most commands use few of them.

ConfigDict(defer_build=True) does that.
"""

import subprocess
import sys

import pytest

BUILT = """
import gc, pkgutil
from importlib import import_module
from pydantic import BaseModel, TypeAdapter
import runner

def print_built():
    for each in gc.get_objects():
        if isinstance(each, TypeAdapter) and each.pydantic_complete:
            print(each)
        elif isinstance(each, type) and issubclass(each, BaseModel) and each is not BaseModel:
            if each.__pydantic_complete__ and each.__module__.startswith(("runner.", "__main__")):
                print(f"{each.__module__}.{each.__name__}")

for found in pkgutil.walk_packages(runner.__path__, "runner."):
    if not found.name.endswith("__main__") and not found.name.startswith("runner.helm_run"):
        import_module(found.name)
print_built()
print("then")
class Eager(BaseModel): pass
forms = TypeAdapter(int)
print_built()
"""


@pytest.fixture(scope="module")
def built() -> list[str]:
    """Return what is built by imports, the word "then", and what is built at once afterwards."""
    command = [sys.executable, "-c", BUILT]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_no_model_is_built_when_its_module_is_imported(built: list[str]) -> None:
    assert built[: built.index("then")] == []


def test_control_models_and_forms_that_are_built_at_once_are_found(built: list[str]) -> None:
    assert sorted(built[built.index("then") + 1 :]) == ["TypeAdapter(int)", "__main__.Eager"]
