"""Run a predictor; the base image's entrypoint.

``python3 -m runner.contract FILE`` runs the one in a Python file, ``python3 -m runner.contract
MODULE:CLASS`` one that is installed. Either may be a ``Predictor``, or one of MAGNET's.
"""

import importlib
import importlib.util
import inspect
import os
import sys
from pathlib import Path
from types import ModuleType, TracebackType

from runner.contract.layout import (
    INPUT_DIR,
    INPUT_DIR_VARIABLE,
    OUTPUT_DIR,
    OUTPUT_DIR_VARIABLE,
)
from runner.contract.magnet import adapt_magnet, magnet_kind
from runner.contract.predictor import Predictor, run_predictor


def load_predictor(source: str) -> Predictor:
    """Return an instance of a predictor, by the name of its file or as ``MODULE:CLASS``."""
    module_name, colon, class_name = source.partition(":")
    if colon:
        found = getattr(importlib.import_module(module_name), class_name, None)
        if not inspect.isclass(found) or not _is_predictor(found):
            sys.exit(f"{source}: no such predictor class")
        return _instance(found)
    module = _load_file(Path(source).resolve())
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and _is_predictor(value) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        names = ", ".join(found.__name__ for found in classes) or "none"
        sys.exit(f"{source}: must define exactly one subclass of Predictor, found {names}")
    return _instance(classes[0])


def _load_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        sys.exit(f"{path}: no such Python file; the image must hold the predictor there")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def _is_predictor(cls: type) -> bool:
    return issubclass(cls, Predictor) or magnet_kind(cls) is not None


def _instance(cls: type) -> Predictor:
    if issubclass(cls, Predictor):
        return cls()
    return adapt_magnet(cls)


def show_error(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an error as Python does, but start at the author's first line: our own do not help.

    If all lines are ours, e.g. for a wrong return value of the predictor, only the last is shown.
    """
    ours = str(Path(__file__).parent)
    shown = trace
    while shown is not None and shown.tb_frame.f_code.co_filename.startswith((ours, "<frozen ")):
        trace, shown = shown, shown.tb_next
    sys.__excepthook__(kind, error.with_traceback(shown or trace), shown or trace)


if __name__ == "__main__":
    sys.excepthook = show_error
    predictor = load_predictor(sys.argv[1] if len(sys.argv) > 1 else "predictor.py")
    input_dir = os.environ.get(INPUT_DIR_VARIABLE, INPUT_DIR)
    output_dir = os.environ.get(OUTPUT_DIR_VARIABLE, OUTPUT_DIR)
    run_predictor(predictor, Path(input_dir), Path(output_dir))
