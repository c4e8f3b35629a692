"""Where cases run: what ``executor=`` of ``runner.evaluate`` takes."""

from dataclasses import dataclass

from runner.api.checked import Place, checked_fields
from runner.evaluation.request import ExecutorChoice


@checked_fields
@dataclass(frozen=True)
class Local:
    """The container engine of this machine.

    Attributes:
        jobs: how many cases run at the same time, at most.
        budget: what all running containers may use together, e.g. ``cpus=2,memory-mib=4096``; by
            default all that the host has.
    """

    jobs: int = 1
    budget: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no evaluation could use.

        Raises:
            UsageError: less than one case is to run at a time.
        """
        self.choose()

    def choose(self) -> ExecutorChoice:
        """Return the choice, as a request has it."""
        return ExecutorChoice("local", jobs=self.jobs, budget=self.budget)


@checked_fields
@dataclass(frozen=True)
class Ray:
    """The nodes of a Ray cluster; docs/scale.md says how to make one.

    Attributes:
        shared: a directory that this machine can write to and all nodes can read, or a URL.
        address: HOST:PORT of the cluster's head; by default RAY_ADDRESS, or this machine's cluster.
        jobs: how many cases run at the same time, at most; by default as many as there is room for.
    """

    shared: Place
    address: str | None = None
    jobs: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no evaluation could use.

        Raises:
            UsageError: less than one case is to run at a time.
        """
        self.choose()

    def choose(self) -> ExecutorChoice:
        """Return the choice, as a request has it."""
        return ExecutorChoice("ray", address=self.address, shared=str(self.shared), jobs=self.jobs)
