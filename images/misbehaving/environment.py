"""Looks for an environment variable that neither its image nor the runner gives on purpose.

promise: 6
expected: scored
"""

import os

from _attempt import harm, write_predictions

GIVEN = {"HOME", "HOSTNAME", "LOGNAME", "OMP_NUM_THREADS", "PATH", "TMPDIR", "USER"}
OF_THE_IMAGE = {
    "GPG_KEY",
    "LANG",
    "LC_CTYPE",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "SCRIPT",
}
OF_THE_SHELL = {"OLDPWD", "PWD", "SHLVL", "_"}

if others := {
    name
    for name in os.environ
    if name not in GIVEN | OF_THE_IMAGE | OF_THE_SHELL and not name.startswith("PYTHON_")
}:
    harm(f"sees {sorted(others)}")
if os.environ["HOME"] != "/tmp":
    harm(f"HOME is {os.environ['HOME']}")
write_predictions()
