"""Where cases run: ``--executor`` and the options that go with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import docker

from runner.code_version import install_command
from runner.errors import UsageError
from runner.evaluation.executor import Executor
from runner.evaluation.local_pool import open_local_pool


@dataclass(frozen=True)
class ExecutorChoice:
    """Where cases run, as the options say it.

    Attributes:
        executor: ``local`` or ``ray``.
        address: of the Ray cluster's head.
        shared: where the Ray cluster's nodes find the suites.
        jobs: how many cases run at a time, at most.
        budget: what the containers on this machine's engine may have together.
    """

    executor: str
    address: str | None
    shared: str | None
    jobs: int | None
    budget: str | None

    def check(self) -> None:
        """Refuse what can't be meant.

        Raises:
            UsageError: options of Ray without it, or Ray without where its nodes find suites.
        """
        if self.executor == "ray" and self.shared is None:
            raise UsageError(
                "--executor ray needs --shared: a path or URL that all nodes can read, where they "
                "find the suite."
            )
        if self.executor == "ray" and self.budget is not None:
            raise UsageError(
                "--budget is for this machine's engine; Ray's nodes say what they have."
            )
        for option, value in {"--address": self.address, "--shared": self.shared}.items():
            if self.executor != "ray" and value is not None:
                raise UsageError(f"{option} is for --executor ray.")


@contextmanager
def open_executor(
    place: ExecutorChoice, client: docker.DockerClient, announce: Callable[[str], None]
) -> Iterator[Executor]:
    """Give what runs the cases; nothing that was made for it is left afterwards.

    Raises:
        EngineError: the engine, or the Ray cluster, can't run cases.
        UsageError: Ray is not installed, or a node has other code.
    """
    if place.shared is None:
        with open_local_pool(client, place.jobs or 1, announce, place.budget) as pool:
            yield pool
        return
    try:
        from runner.cluster.ray_cluster import open_ray_cluster
    except ImportError as error:
        raise UsageError(
            f"--executor ray needs Ray, which is not installed here ({error}). Install it here and "
            f"on every node, in the same version: {install_command('ray')}"
        ) from error
    with open_ray_cluster(place.address, place.jobs, place.shared, announce) as cluster:
        yield cluster
