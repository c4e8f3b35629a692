"""Exits with 137, the code of a process that was killed for its memory, but takes none.

promise: 4
expected: failed
"""

import os

os._exit(137)
