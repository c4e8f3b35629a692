"""The command ``runner`` on an engine whose disk seems to hold only a few images.

``python -m tests.integration.small_disk MOST NAMES WAIT ARGUMENTS...``: MOST images whose names
begin with NAMES; another evaluation is waited for WAIT seconds.
"""

import sys
from types import SimpleNamespace
from unittest.mock import patch

import docker

from runner.cli.main import main
from runner.contract.limits import GIB
from runner.sandbox.engine.room import LEAST_FREE_BYTES


def run(most: int, names: str, wait_seconds: int) -> None:
    """Run the command; the engine's disk seems to have room for so many images of any size."""
    client = docker.from_env()

    def statvfs(_path: str) -> SimpleNamespace:
        found = [one for one in client.api.images() if names in str(one["RepoDigests"])]
        free = LEAST_FREE_BYTES - 1 + (most - len(found)) * GIB
        return SimpleNamespace(f_bavail=free, f_frsize=1, f_files=0)

    with (
        patch("runner.sandbox.engine.room.os", SimpleNamespace(statvfs=statvfs)),
        patch("runner.sandbox.batch_images.MOST_WAIT_SECONDS", wait_seconds),
    ):
        main()


if __name__ == "__main__":
    most, names, wait_seconds = sys.argv[1:4]
    sys.argv[1:] = sys.argv[4:]
    run(int(most), names, int(wait_seconds))
