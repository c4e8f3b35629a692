import pytest

from benchmarks.cluster import NODES, cpus_of_a_case


@pytest.mark.parametrize(("cores", "cpus"), [(2, 0.6), (3, 1.0), (64, 1.0)])
def test_a_machine_has_room_for_as_many_cases_as_the_benchmarks_cluster(
    cores: int, cpus: float
) -> None:
    assert cpus_of_a_case(cores) == cpus
    assert NODES * cpus <= cores
