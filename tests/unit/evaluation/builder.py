"""A task and how it went."""

from runner.evaluation.task import CaseTask
from runner.sandbox.engine.image import Image
from runner.sandbox.outcome import ContainerEnd
from runner.sandbox.output_archive import Output
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.resources import ResourceUse
from runner.sandbox.sandbox_run import SandboxRun

IMAGE = Image("team/predictor:1", "sha256:1", environment={"A": "b"})


TASK = CaseTask(IMAGE, "v1", "sha256:2", "3", "case-1", SandboxPolicy(), 1)


RUN = SandboxRun(
    ContainerEnd(0, wall_seconds=1.5),
    Output({"predictions.json": b"\xff{}"}, {}, False, 3, 1),
    b"log\xff",
    ResourceUse(1.5, 3, 1, None, None, is_sampled=False),
    None,
)
