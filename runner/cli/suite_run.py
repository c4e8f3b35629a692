"""``runner suite run``: run HELM, then build a suite of its output."""

from pathlib import Path
from typing import Any

from runner.building.build import build_suite
from runner.building.named import SUITES
from runner.cli.live.terminal import open_display
from runner.cli.suite import print_built
from runner.errors import UsageError
from runner.helm_run.process import HelmOptions, run_helm
from runner.suites.spec_file import make_spec, read_spec
from runner.untrusted import printable


def suite_run(spec: Path | None, out: Path | None, as_json: bool, **options: Any) -> int:
    """Run HELM, build a suite of its output, and print the suite's content."""
    helm = HelmOptions(**options)
    if not (helm.run_entries or helm.conf_paths or helm.local_datasets):
        raise UsageError(
            "Say what to run: --run-entries, --conf-paths, or --local-dataset with --models-to-run."
        )
    fields = {"name": helm.suite, "version": "1", "helm_runs": [str(helm.suite_path)]}
    suite_spec = make_spec(fields, "--suite") if spec is None else read_spec(spec)
    display = open_display()
    run_helm(helm, lambda line: display.say(printable(line)))
    built = build_suite(suite_spec, out or SUITES / suite_spec.name, display)
    print_built(built, as_json)
    return 0
