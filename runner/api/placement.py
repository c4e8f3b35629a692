"""Where cases run: what ``executor=`` of ``runner.evaluate`` takes."""

from dataclasses import dataclass

from runner.evaluation.request import ExecutorChoice


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

    def choose(self) -> ExecutorChoice:
        """Return the choice, as a request has it."""
        return ExecutorChoice("local", jobs=self.jobs, budget=self.budget)


@dataclass(frozen=True)
class Ray:
    """The nodes of a Ray cluster; docs/scale.md says how to make one.

    Attributes:
        shared: a directory that this machine can write to and all nodes can read, or a URL.
        address: HOST:PORT of the cluster's head; by default RAY_ADDRESS, or this machine's cluster.
        jobs: how many cases run at the same time, at most; by default as many as there is room for.
    """

    shared: str
    address: str | None = None
    jobs: int | None = None

    def choose(self) -> ExecutorChoice:
        """Return the choice, as a request has it."""
        return ExecutorChoice("ray", address=self.address, shared=self.shared, jobs=self.jobs)
