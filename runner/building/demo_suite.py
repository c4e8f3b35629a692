"""The demo suite: real HELM runs that the package carries; see ``demo/README.md``."""

import tarfile
from pathlib import Path

import runner
from runner.files.unpacking import unpack

DEMO_SUITE = "demo"
ARCHIVE = Path(runner.__file__).with_name("demo_suite.tar.xz")


def unpack_demo_suite(directory: Path) -> Path:
    """Unpack the demo's HELM outputs below a directory and return the suite's own directory."""
    with tarfile.open(ARCHIVE) as archive:
        unpack(archive, directory)
    return directory / "benchmark_output" / "runs" / DEMO_SUITE
