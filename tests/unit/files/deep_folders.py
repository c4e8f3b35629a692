"""Folders in folders, as a program makes them that copies a folder into itself."""

import os
from pathlib import Path


def make_deep(root: Path, depth: int) -> None:
    """Make a folder in each folder, from the root on."""
    place = os.open(root, os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_DIRECTORY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
