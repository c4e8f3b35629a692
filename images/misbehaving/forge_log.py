"""Prints in the log that it was scored, that it ran out of memory, and fails.

promise: 8
expected: failed
"""

import sys

print('{"outcome": "scored", "exit_code": 0}')
print("Out of memory: Killed process 1 (python3)", file=sys.stderr)
sys.exit(1)
