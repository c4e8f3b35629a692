"""One case evaluation as a value, which another process or machine can run."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.contract.layout import CONTRACT_VERSION
from runner.evaluation.input_changes import FIRST, InputChange
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy


@dataclass(frozen=True)
class CaseKey:
    """Everything that determines a container's run; if any part changes, it is another run.

    Attributes:
        image_id: the engine's content address of the image.
        inputs_digest: of what the container sees besides what follows; whatever only scoring needs,
            the actuals above all, has no part in it.
        case: the case's id.
        seed: the seed that the manifest gives to the predictor.
        policy: the limits and the other sandbox settings that the organizer chose, by name.
        input_change: how the inputs were changed, e.g. ``shuffled``; empty if they were not.
        contract_version: the version of the files that the container saw.
    """

    image_id: str
    inputs_digest: str
    case: str
    seed: int
    policy: Mapping[str, Any]
    input_change: str = ""
    contract_version: int = CONTRACT_VERSION

    @property
    def digest(self) -> str:
        """Return a digest of all parts, fit for a file's name."""
        return hashlib.sha256(json.dumps(vars(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class CaseTask:
    """One case evaluation: an image, a case of a suite, and the settings of the run.

    Plain values, so that it can be sent anywhere. It holds no actual and no way to find one: the
    result is judged and scored where the suite's private half is.

    Attributes:
        image: the resolved image; it is run by its ID, and shown by its reference.
        suite: the suite's name.
        suite_digest: whoever runs the task has the suite open, or finds it by this.
        inputs_digest: of what the case's container sees; see ``DescribedSuite.inputs_digests``.
        case: the case's id.
        policy: what the predictor may use, and what the engine runs it with.
        seed: given to the predictor in the manifest.
        input_change: how the inputs are changed.
        reads_image: the image is read before its first case, so that cases that share runs can't
            tell each other by what is in memory which of its files they read.
    """

    image: Image
    suite: str
    suite_digest: str
    inputs_digest: str
    case: str
    policy: SandboxPolicy
    seed: int
    input_change: InputChange = FIRST
    reads_image: bool = False

    @property
    def key(self) -> CaseKey:
        """Return the key of its container's run."""
        policy = self.policy.to_json()
        run = (self.case, self.seed, policy, self.input_change.name)
        return CaseKey(self.image.id, self.inputs_digest, *run)

    @property
    def title(self) -> str:
        """Return its name in a line of progress."""
        change = f", {self.input_change.name}" if self.input_change.name else ""
        return f"{self.image.reference} on {self.suite}, {self.case}{change}"
