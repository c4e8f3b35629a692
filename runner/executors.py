"""What runs the cases: this machine's engine, or a Ray cluster."""

from collections.abc import Iterator
from contextlib import contextmanager

from runner.code_version import install_command
from runner.errors import UsageError
from runner.evaluation.executor import Executor
from runner.evaluation.request import ExecutorChoice
from runner.progress import Say
from runner.sandbox.batch_images import BatchImages


@contextmanager
def open_executor(choice: ExecutorChoice, images: BatchImages, say: Say) -> Iterator[Executor]:
    """Yield the executor of the cases; everything made for it is removed afterwards.

    Args:
        images: those of the batch, on this machine's engine; the nodes of a cluster may fetch them
            from the same registries.

    Raises:
        EngineError: the engine, or the Ray cluster, can't run cases.
        UsageError: Ray is not installed, or a node has other code.
    """
    if choice.shared is None:
        # Slow to load, and opened only if a case has to be run.
        from runner.evaluation.local_pool import open_local_pool  # noqa: PLC0415

        jobs = choice.jobs or 1
        with open_local_pool(images.engine, jobs, say, choice.budget, images) as pool:
            yield pool
        return
    try:
        from runner.cluster.ray_cluster import open_ray_cluster  # noqa: PLC0415  (Ray is optional)
    except ImportError as error:
        raise UsageError(
            f"--executor ray needs Ray, which is not installed here ({error}). Install it here and "
            f"on every node, in the same version: {install_command('ray')}"
        ) from error
    with open_ray_cluster(
        choice.address, choice.jobs, choice.shared, images.registries, say
    ) as cluster:
        yield cluster
