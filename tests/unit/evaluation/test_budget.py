import pytest

from runner.contract.limits import MIB
from runner.errors import UsageError
from runner.evaluation.budget import Budget

HOST = Budget(cpus=4, memory_bytes=8192 * MIB)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("cpus=2,memory-mib=4096", Budget(2, 4096 * MIB)),
        ("memory-mib=512", Budget(4, 512 * MIB)),
        ("cpus=0.5", Budget(0.5, 8192 * MIB)),
        ("cpus=4,memory-mib=8192", HOST),
    ],
)
def test_what_a_budget_leaves_out_is_the_hosts(text: str, budget: Budget) -> None:
    assert Budget.read(text, HOST) == budget


@pytest.mark.parametrize(
    "text", ["", "2", "cpus=", "cpus=0", "cpus=-1", "cpus=nan", "cpus=1,cpus=2", "memory=1GiB"]
)
def test_another_form_is_refused_and_the_right_one_told(text: str) -> None:
    with pytest.raises(UsageError, match="cpus=2,memory-mib=4096"):
        Budget.read(text, HOST)


@pytest.mark.parametrize("text", ["cpus=5", "memory-mib=9000"])
def test_more_than_the_host_has_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the engine's host has 4 CPUs and 8192 MiB"):
        Budget.read(text, HOST)
