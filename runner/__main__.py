"""``python -m runner`` is the command ``runner``."""

from runner.cli.start import start

start()
