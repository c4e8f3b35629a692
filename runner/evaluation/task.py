"""One case evaluation as a value, that another process or machine can carry out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from runner.contract.layout import CONTRACT_VERSION
from runner.errors import SuiteError
from runner.evaluation.input_changes import FIRST, InputChange
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.suites.opening import read_manifest
from runner.suites.public_suite import PublicSuite
from runner.suites.staging import StagedInputs, stage_inputs

MOST_OPEN_SUITES = 8


@dataclass(frozen=True)
class CaseKey:
    """What a container's run follows from; a change of any part is another run.

    Attributes:
        image_id: the engine's content address of the image.
        suite_digest: of both halves of the suite.
        case: the case's id.
        seed: what the manifest tells the predictor.
        policy: the limits and all else that the organizer decided of the sandbox, by name.
        input_change: what was changed of the inputs, e.g. ``shuffled``; empty if nothing.
        contract_version: of the files that the container saw.
    """

    image_id: str
    suite_digest: str
    case: str
    seed: int
    policy: Mapping[str, Any]
    input_change: str = ""
    contract_version: int = CONTRACT_VERSION

    @property
    def digest(self) -> str:
        """Return a text, fit for a file's name, that tells these parts apart."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class CaseTask:
    """One case evaluation: an image, a case of a suite, and what it is run under.

    Plain values, so that it can be sent anywhere; no actual, and no way to one: what came of it is
    judged and scored where the suite's private half is.

    Attributes:
        image: as it was resolved; it is run by its ID, and called by its reference.
        suite: the suite's name.
        suite_root: where the suite is, here; its public half is enough.
        suite_digest: by which it is found elsewhere, and known to be the same.
        case: the case's id.
        policy: what the predictor may use, and what the engine runs it with.
        seed: given to the predictor in the manifest.
        input_change: what is changed of the inputs.
    """

    image: Image
    suite: str
    suite_root: Path
    suite_digest: str
    case: str
    policy: SandboxPolicy
    seed: int
    input_change: InputChange = FIRST

    @property
    def key(self) -> CaseKey:
        """Return what its container's run follows from."""
        policy = self.policy.to_json()
        run = (self.case, self.seed, policy, self.input_change.name)
        return CaseKey(self.image.id, self.suite_digest, *run)

    @property
    def title(self) -> str:
        """Return what it is called in a line of progress."""
        change = f", {self.input_change.name}" if self.input_change.name else ""
        return f"{self.image.reference} on {self.suite}, {self.case}{change}"


def stage_task(task: CaseTask, suite: PublicSuite) -> StagedInputs:
    """Return the files that the task's container sees."""
    inputs = suite.inputs(suite.case(task.case))
    return task.input_change.apply(
        stage_inputs(inputs, seed=task.seed, limits=task.policy.limits.to_json())
    )


@lru_cache(MOST_OPEN_SUITES)
def read_task_suite(root: Path, digest: str) -> PublicSuite:
    """Return the public half of a task's suite, which whoever put it there has verified.

    Raises:
        SuiteError: it is not there, or not the one of this digest.
    """
    suite = read_manifest(root)
    if suite.digest != digest:
        raise SuiteError(f"{root}: the suite {suite.digest} is there now, not {digest}.")
    return suite
