"""``python3 -m runner.contract FILE``: run the predictor in FILE; the base image's entrypoint."""

import importlib.util
import inspect
import sys
from pathlib import Path

from runner.contract.layout import INPUT_DIR, OUTPUT_DIR
from runner.contract.predictor import Predictor, run_predictor


def load_predictor(path: Path) -> Predictor:
    """Return an instance of the one Predictor class that a Python file defines."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        sys.exit(f"{path}: no such Python file; the image must hold the predictor there")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Predictor)
        and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        names = ", ".join(found.__name__ for found in classes) or "none"
        sys.exit(f"{path}: must define exactly one subclass of Predictor, found {names}")
    found: Predictor = classes[0]()
    return found


if __name__ == "__main__":
    predictor_file = Path(sys.argv[1] if len(sys.argv) > 1 else "predictor.py").resolve()
    run_predictor(load_predictor(predictor_file), Path(INPUT_DIR), Path(OUTPUT_DIR))
