"""Becomes root by a set-user-ID program that its image brings.

promise: 2
expected: scored
"""

import subprocess

from _attempt import harm, write_predictions

SHOW_UID = "import os; print(os.geteuid(), os.getegid())"

shown = subprocess.run(
    ["/opt/predictor/setuid-python", "-c", SHOW_UID], capture_output=True, text=True, check=True
).stdout.split()
if "0" in shown:
    harm(f"effective uid and gid {shown}")
write_predictions()
