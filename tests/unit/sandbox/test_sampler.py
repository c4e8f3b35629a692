from runner.sandbox.sampler import Measured, largest, read_stats


def test_version_1_tells_the_peak_since_the_start() -> None:
    stats = {
        "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}},
        "memory_stats": {"usage": 10, "max_usage": 30},
        "pids_stats": {"current": 4},
    }
    assert read_stats(stats) == Measured(cpu_seconds=2.5, memory_bytes=30, pids=4)


def test_version_2_tells_what_is_used_now() -> None:
    stats = {"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {"usage": 10}}
    assert read_stats(stats) == Measured(cpu_seconds=0, memory_bytes=10, pids=0)


def test_an_ended_container_has_no_measure() -> None:
    assert read_stats({"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}) is None


def test_the_most_of_each_measure_counts() -> None:
    assert largest([Measured(1, 50, 2), Measured(3, 20, 9)]) == Measured(3, 50, 9)
    assert largest([]) is None
