"""Fills /output with empty files.

promise: 3
expected: output_limit
"""

import itertools
from pathlib import Path

for number in itertools.count():
    Path(f"/output/{number}").touch()
