from pathlib import Path

from runner.sandbox.kernel_counts import read_counts
from runner.sandbox.sampler import Measured

CGROUP = "/docker/0b56"


def write_counts(root: Path, memory: str = "30\n", cpu: str = "2500000000\n") -> None:
    for controller, name, content in (
        ("memory", "memory.max_usage_in_bytes", memory),
        ("cpuacct", "cpuacct.usage", cpu),
    ):
        directory = root / controller / "docker" / "0b56"
        directory.mkdir(parents=True)
        (directory / name).write_text(content)


def test_the_counts_of_a_group_on_this_machine_are_read(tmp_path: Path) -> None:
    write_counts(tmp_path)
    assert read_counts(CGROUP, tmp_path) == Measured(cpu_seconds=2.5, memory_bytes=30, pids=0)


def test_a_group_of_another_machine_has_no_counts_here(tmp_path: Path) -> None:
    write_counts(tmp_path)
    assert read_counts("/docker/ffff", tmp_path) is None


def test_a_count_that_is_no_number_is_none(tmp_path: Path) -> None:
    write_counts(tmp_path, memory="")
    assert read_counts(CGROUP, tmp_path) is None
