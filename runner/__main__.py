"""``python -m runner`` is the command ``runner``."""

from runner.cli.start import start

try:
    start()
finally:
    # Python keeps in mind that a Ctrl-C met code in a text, as dataclasses are made of it, until
    # such code runs again. At its end it would kill itself, and the exit code was lost.
    exec("")  # noqa: S102
