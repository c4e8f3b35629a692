"""How many cases a node of a cluster has room for."""

import pytest

from runner.cluster.room import Room, require_room
from runner.contract.limits import ALL_GPUS, GIB, Limits
from runner.errors import UsageError
from runner.evaluation.budget import Budget

NODE = Room.of_node({"CPU": 8.0, "memory": 16.0 * GIB, "GPU": 2.0, "node:10.0.0.1": 1.0})


@pytest.mark.parametrize(
    ("limits", "cases"),
    [
        (Limits(), 8),  # one CPU and 2 GiB each
        (Limits(cpus=3), 2),
        (Limits(memory_bytes=8 * GIB), 2),
        (Limits(gpus=1), 2),
        (Limits(gpus=2), 1),
        (Limits(gpus=3), 0),
        (Limits(gpus=1, cpus=5), 1),
        (Limits(gpus=ALL_GPUS), 0),
    ],
)
def test_the_scarcest_of_cpus_memory_and_gpus_counts(limits: Limits, cases: int) -> None:
    assert NODE.cases(Room.of_case(limits)) == cases


def test_a_node_of_which_ray_knows_neither_gpus_nor_memory_has_none() -> None:
    assert Room.of_node({"CPU": 1.0}) == Room(Budget(1, 0), gpus=0)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(cpus=9), "largest has 8 CPUs and 16384 MiB"),
        (Limits(gpus=3), r"asks for GPUs: 3 .* have at most 2"),
        (Limits(gpus=ALL_GPUS), "all GPUs of a machine .* have at most 2"),
        (Limits(gpus=1, memory_bytes=20 * GIB), "no node of the Ray cluster has as much"),
    ],
)
def test_a_case_for_which_no_node_has_room_is_refused(limits: Limits, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        require_room(limits, [NODE, Room.of_node({"CPU": 1.0})])


def test_a_node_with_the_gpu_but_too_few_cpus_is_no_help() -> None:
    small = Room(Budget(1, 64 * GIB), gpus=4)
    large = Room(Budget(8, 64 * GIB))
    with pytest.raises(UsageError, match="with 2 CPUs and 2048 MiB of memory have at most 0"):
        require_room(Limits(cpus=2, gpus=1), [small, large])


def test_control_a_case_that_one_node_has_room_for_is_not_refused() -> None:
    require_room(Limits(gpus=2), [Room.of_node({"CPU": 1.0}), NODE])
