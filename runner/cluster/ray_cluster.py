"""The executor that sends tasks to the nodes of a running Ray cluster."""

import itertools
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import ray

from runner.cluster.drive import Calls, Drive
from runner.cluster.node import NodeFacts
from runner.cluster.room import Room, require_room
from runner.cluster.shared_suites import share_suite
from runner.cluster.slots import examine_any_node
from runner.errors import EngineError, UsageError
from runner.evaluation.executor import Begin, Ended, EndedTask, Keep, Suites, take_ended
from runner.evaluation.task import CaseTask
from runner.progress import Say
from runner.sandbox.engine.host import HostFinding

REACH_SECONDS = 10
"""How long the cluster's head may take to answer."""


class RayCluster:
    """Runs tasks on the nodes of a cluster. Made by ``open_ray_cluster``."""

    def __init__(
        self, jobs: int | None, shared: str, registries: Sequence[str] | None, say: Say
    ) -> None:
        self._jobs, self._shared, self._say = jobs, shared, say
        self._registries = registries
        self._nodes: list[NodeFacts] = []
        self._runtimes: set[str] = set()
        self._drive: Drive | None = None
        self._thread: threading.Thread | None = None

    @property
    def engine_version(self) -> str:
        """Return the version of the nodes' engines; all versions if they differ."""
        return "; ".join(sorted({node.engine_version for node in self._known_nodes()}))

    @property
    def findings(self) -> tuple[HostFinding, ...]:
        """Return what the nodes' hosts provide and lack; each distinct finding once."""
        alike = dict.fromkeys(itertools.chain(*(node.findings for node in self._known_nodes())))
        order = list(dict.fromkeys(finding.name for finding in alike))
        return tuple(sorted(alike, key=lambda finding: order.index(finding.name)))

    def run(
        self, tasks: Sequence[CaseTask], suites: Suites, begin: Begin, keep: Keep, say: Say
    ) -> Iterator[EndedTask]:
        """Run tasks and yield each as it ends; see ``Executor``.

        Raises:
            UsageError: a task needs more than any node has. Nothing has been run then.
            SuiteError: what a node found in the shared storage is not the suite.
        """
        if not tasks:
            return
        for limits in {task.policy.limits: None for task in tasks}:
            require_room(limits, _case_nodes().values())
        self._runtimes = {task.policy.runtime for task in tasks if task.policy.runtime}
        for digest in {task.suite_digest: None for task in tasks}:
            share_suite(suites[digest], self._shared)
        ended = Ended()
        calls = Calls(begin, keep, ended.put, self._say, say, self._meet)
        places = _places(tasks)
        self._drive = Drive(
            tasks, self._jobs or max(places.values()), places, self._shared, self._registries, calls
        )
        self._thread = threading.Thread(target=self._drive.run, daemon=True)
        self._thread.start()
        yield from take_ended(ended, len(tasks))

    def stop(self) -> None:
        """End what runs; nobody will take the results."""
        if self._drive is not None and self._thread is not None:
            self._drive.stop()
            self._thread.join()

    def _meet(self, node: NodeFacts) -> None:
        """Record what a node has.

        Raises:
            UsageError: the node lacks a runtime that is asked for.
        """
        self._nodes.append(node)
        for runtime in self._runtimes - set(node.runtimes):
            raise UsageError(
                f"{runtime}: the engine of the node {node.host} has no such runtime. It has "
                f"{', '.join(node.runtimes)}; add others to its daemon.json and restart it."
            )

    def _known_nodes(self) -> list[NodeFacts]:
        """Return the nodes that have run cases; any one node if no case had to run."""
        if not self._nodes:
            self._nodes.append(examine_any_node(self._shared))
        return self._nodes


def _case_nodes() -> dict[str, Room]:
    """Return all that each node has that can run cases, by its id."""
    return {
        node["NodeID"]: Room.of_node(node["Resources"])
        for node in cast("Any", ray).nodes()
        if node["Alive"] and node["Resources"].get("CPU", 0) > 0
    }


def _places(tasks: Sequence[CaseTask]) -> dict[Room, int]:
    """Return for how many cases at a time the cluster has room, by what a case needs."""
    needs = {Room.of_case(task.policy.limits) for task in tasks}
    nodes = _case_nodes().values()
    return {need: sum(node.cases(need) for node in nodes) for need in needs}


@contextmanager
def open_ray_cluster(
    address: str | None,
    jobs: int | None,
    shared: str,
    registries: Sequence[str] | None,
    say: Say,
) -> Iterator[RayCluster]:
    """Yield an executor on a running Ray cluster.

    Args:
        address: of its head, ``host:port``; None for RAY_ADDRESS, or this machine's cluster.
        jobs: how many cases run at a time, at most; None for as many as the cluster has room for.
        shared: where suites are put for the nodes; see ``share_suite``.
        registries: where nodes may fetch images from; None for anywhere.
        say: called from any thread, with a line about the cluster.

    Raises:
        EngineError: no cluster answers.
    """
    _connect(address)
    try:
        if not _case_nodes():
            raise EngineError("The Ray cluster has no node with a CPU, so that no case can run.")
        cluster = RayCluster(jobs, shared, registries, say)
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        ray.shutdown()


def _connect(address: str | None) -> None:
    # Ray prints events of its nodes on standard output, where the results go, and has no
    # setting to prevent it. Drop when it has one.
    ray._private.worker.print_to_stdstream = lambda *_arguments, **_named: None  # noqa: SLF001
    address = address or os.environ.get("RAY_ADDRESS", "auto")
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        if address != "auto":
            _reach(address)
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(
            f"No Ray cluster answers at {address}: {error}. Start one (`ray start --head` here, "
            "`ray start --address HEAD:6379` on each node), or name its head with --address "
            "HOST:PORT. This machine must be a node of the cluster; with `--num-cpus 0` it runs "
            "no cases itself."
        ) from error
    finally:
        signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own handler would end without cleaning up


def _reach(address: str) -> None:
    """Connect to an address and disconnect: Ray itself would try for minutes.

    Raises:
        OSError, ValueError: nobody listens there, or it is not an address.
    """
    host, colon, port = address.rpartition(":")
    if not colon or "//" in host:
        raise ValueError("it is not in the form HOST:PORT")
    with socket.create_connection((host.strip("[]"), int(port)), REACH_SECONDS):
        pass
