"""Says in its log that it was scored, that it ran out of memory, and exits with code 1.

promise: 8
expected: failed
"""

import sys

print('{"outcome": "scored", "exit_code": 0}')
print("Out of memory: Killed process 1 (python3)", file=sys.stderr)
sys.exit("giving up")
