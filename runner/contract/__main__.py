"""Run a predictor; the base image's entrypoint.

``python3 -m runner.contract FILE`` runs the one in a Python file, ``python3 -m runner.contract
MODULE:CLASS`` one that is installed. Either may be a ``Predictor``, or one of MAGNET's. After it
stand the arguments of its constructor, as ``NAME=VALUE``; a value is JSON, or a text.
"""

import faulthandler
import gc
import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from runner.contract.layout import (
    INPUT_DIR,
    INPUT_DIR_VARIABLE,
    OUTPUT_DIR,
    OUTPUT_DIR_VARIABLE,
)
from runner.contract.magnet import adapt_magnet, magnet_kind
from runner.contract.predictor import Predictor, run_predictor


def load_predictor(source: str, arguments: Sequence[str] = ()) -> Predictor:
    """Return an instance of a predictor.

    Args:
        source: the name of its file, or ``MODULE:CLASS``.
        arguments: of its constructor, as ``NAME=VALUE``.
    """
    module_name, colon, class_name = source.partition(":")
    if colon:
        found = getattr(importlib.import_module(module_name), class_name, None)
        if not inspect.isclass(found) or not _is_predictor(found):
            sys.exit(f"{source}: no such predictor class")
        return _instance(found, arguments)
    module = _load_file(Path(source).resolve())
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and _is_predictor(value) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        names = ", ".join(found.__name__ for found in classes) or "none"
        sys.exit(f"{source}: must define exactly one subclass of Predictor, found {names}")
    return _instance(classes[0], arguments)


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


def _instance(cls: type, arguments: Sequence[str]) -> Predictor:
    values = read_arguments(arguments)
    signature = inspect.signature(cls)
    try:
        signature.bind(**values)
    except TypeError as error:
        sys.exit(
            f"{cls.__name__}{signature}: {error}. Its arguments stand in the CMD of the "
            'Dockerfile, after the predictor, e.g. "num_eval_samples=5"'
        )
    return cls(**values) if issubclass(cls, Predictor) else adapt_magnet(cls, values)


def read_arguments(arguments: Iterable[str]) -> dict[str, Any]:
    """Return the values of ``NAME=VALUE``, by name; what is no JSON is a text."""
    values: dict[str, Any] = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not equals or not name.isidentifier() or name in values:
            sys.exit(
                f"{argument!r:.100}: an argument after the predictor should be NAME=VALUE, each "
                'name once, e.g. "num_eval_samples=5" in the CMD of the Dockerfile'
            )
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values


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
    faulthandler.enable()  # prints the author's line if a compiled library crashes
    predictor = load_predictor(sys.argv[1] if len(sys.argv) > 1 else "predictor.py", sys.argv[2:])
    input_dir = os.environ.get(INPUT_DIR_VARIABLE, INPUT_DIR)
    output_dir = os.environ.get(OUTPUT_DIR_VARIABLE, OUTPUT_DIR)
    run_predictor(predictor, Path(input_dir), Path(output_dir))
    # Else Python goes through all of pandas twice before it ends: a fifth of a small case's time.
    gc.freeze()
