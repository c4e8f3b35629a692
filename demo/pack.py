"""Packs a suite's runs into a reproducible archive.

Usage: pack.py BENCHMARK_OUTPUT SUITE ARCHIVE. Only the five files that helm-run writes for each
run go in, byte for byte, sorted by name, with a fixed owner, mode and time.
"""

import io
import lzma
import sys
import tarfile
from pathlib import Path

RUN_FILES = (
    "per_instance_stats.json",
    "run_spec.json",
    "scenario.json",
    "scenario_state.json",
    "stats.json",
)
MODIFIED_SECONDS = 1_735_689_600  # 2025-01-01, UTC


def list_files(runs: Path) -> list[Path]:
    """Return the files of every run, sorted; a run that lacks one ends the program."""
    directories = [path.parent for path in runs.glob("*/run_spec.json")]
    files = sorted((run / name for run in directories for name in RUN_FILES), key=Path.as_posix)
    missing = [str(path) for path in files if not path.is_file()]
    if missing or not files:
        sys.exit(f"incomplete suite in {runs}: missing {missing or 'every run'}")
    return files


def pack(benchmark_output: Path, suite: str, archive: Path) -> None:
    """Write the suite's runs to `archive`, with `benchmark_output` as the top directory."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    with (
        lzma.open(archive, "wb", filters=filters) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in list_files(benchmark_output / "runs" / suite):
            name = Path("benchmark_output") / path.relative_to(benchmark_output)
            _add(tar, name.as_posix(), path.read_bytes())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mtime = MODIFIED_SECONDS
    member.mode = 0o644
    tar.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    pack(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
