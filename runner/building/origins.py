"""Which runs of a suite HELM did not write."""

from collections.abc import Mapping

from runner.helm_outputs.origin import read_origin
from runner.helm_outputs.runs import RunDirectory
from runner.suites.manifest import ImportRecord, RunRecord


def import_records(
    runs: Mapping[str, RunDirectory], records: Mapping[str, RunRecord]
) -> list[ImportRecord]:
    """Return the imported ones among the runs of a suite; those alike stand together.

    Raises:
        SuiteError: what an import says of a run can't be read.
    """
    alike: dict[tuple[str, str, tuple[str, ...]], list[int]] = {}
    for name, record in records.items():
        origin = read_origin(runs[name])
        if origin is not None:
            key = (origin.harness, origin.version, origin.lost)
            alike.setdefault(key, []).append(record.number)
    return [
        ImportRecord(harness=harness, version=version, lost=lost, runs=tuple(numbers))
        for (harness, version, lost), numbers in alike.items()
    ]
