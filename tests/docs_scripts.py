"""The scripts of docs/, as modules."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[1] / "docs"


def load_script(name: str) -> ModuleType:
    """Return a script of docs/, which finds the scripts beside it as when it is started."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    return importlib.import_module(name)


def measured_part(page: Path) -> str:
    """Return what a script has measured, from the page that it belongs to."""
    part: str = load_script("measured").measured_part(page)
    return part
