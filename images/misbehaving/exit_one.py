"""Exits with code 1. Expected: failed."""

import sys

sys.exit("giving up")
