"""What the container of a case sees, as one digest: equal in two suites if that is the same."""

import hashlib
import json

from runner.contract.layout import CONTRACT_VERSION
from runner.suites.parts import part_name
from runner.suites.public_suite import DescribedSuite, SuiteCase


def digest_inputs(suite: DescribedSuite, case: SuiteCase) -> str:
    """Return the sha256 of all that a case's container sees but the seed and the limits.

    It follows from the digests in the suite's manifest; nothing is read or staged.
    """
    manifest = suite.manifest
    frames = {
        path: [manifest.parts[part_name(path)][run.number].sha256 for run in runs]
        for path, runs in suite.runs_by_file(case).items()
    }
    seen = {
        "contract": CONTRACT_VERSION,
        "suite": suite.name,
        "case": case.id,
        "revealed": manifest.choices["revealed"],
        "frames": frames,
        "assets": {name: record.sha256 for name, record in manifest.files.items()},
    }
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()
