"""Reports with results that are chosen."""

from collections.abc import Mapping
from functools import cache

from runner.contract import MetricName, Stat, Target
from runner.contract.limits import Limits
from runner.reports.records import report_records
from runner.reports.report import CaseRecord, Evaluation, ImageRecord, Report, SuiteRecord
from runner.reports.scoring import target_record, with_scores
from runner.sandbox.attestation import Attestation
from runner.sandbox.engine.host import HostFinding, Level
from runner.sandbox.outcome import Outcome
from runner.sandbox.resources import ResourceUse

NAME = MetricName("exact_match", "test")


ACTUAL = Stat(NAME, count=1, sum=0.5, sum_squared=0.25, min=0.5, max=0.5, mean=0.5)


PREDICTED = Stat(MetricName("predicted_exact_match", "test"), count=1, mean=0.75)


@cache
def make_report(image_id: str = "sha256:a", predicted: Stat | None = PREDICTED) -> Report:
    case = CaseRecord(
        id="case-1",
        budget=None,
        replicate=1,
        train_runs=("a",),
        eval_runs=("b",),
        outcome=Outcome.SCORED if predicted else Outcome.FAILED,
        cause=None,
        message=None,
        exit_code=0,
        wall_seconds=1.5,
        limits=Limits().to_json(),
        targets=(target_record(Target("b", ACTUAL.name), ACTUAL, predicted),),
        extra_predictions=(),
        output_files={"predictions.json": "0" * 64},
        log_file="case-1/container.log",
        instance_targets=(),
        resources=ResourceUse(
            wall_seconds=1.5,
            output_bytes=4096,
            output_files=1,
            cpu_seconds=1.0,
            peak_memory_bytes=1 << 20,
            is_sampled=False,
        ),
        forecast=(),
        sandbox=Attestation({"User": "65534:65534"}, {"User": "65534:65534"}),
    )
    return with_scores(
        Report(
            runner_version="0",
            engine_version="0",
            host=(HostFinding("seccomp", Level.HELD, "on"),),
            created="2026-01-02T03:04:05+00:00",
            seed=1,
            runtime=None,
            suite=SuiteRecord(name="v1", version="1", digest="sha256:s", choices={}),
            image=ImageRecord(reference="image", id=image_id, digests=()),
            eval_run_specs={"b": {"run_spec.adapter_spec.model": "demo/model"}},
            cases=(case,),
        )
    )


def evaluation(report: Report | None = None, **files: bytes) -> Evaluation:
    contents: Mapping[str, bytes] = {"case-1/container.log": b"log", **files}
    report = report or make_report()
    return Evaluation(report, contents, report_records(report))
