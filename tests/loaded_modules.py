"""What a program has loaded at its end."""

import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def loaded_by(code: str) -> frozenset[str]:
    """Return the modules that are loaded at the end of a program, in a process of its own."""
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return frozenset(ended.stdout.split())
