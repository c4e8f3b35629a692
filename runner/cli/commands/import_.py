"""``runner import``: results of other harnesses as HELM runs."""

import click

from runner.cli.lazy import does
from runner.cli.options import LocalPath, benchmark_output_option, json_option

EXAMPLES = """\b
Examples:
  runner import lm_eval_results -o benchmark_output
  runner import lm_eval_results/org__model/results_2026-01-31T12-00-00.json
"""


@click.command(name="import", epilog=EXAMPLES)
@click.argument("source", metavar="SOURCE", type=LocalPath())
@benchmark_output_option
@json_option
@does("runner.cli.import_:import_source")
def import_() -> None:
    """Make HELM run directories of the results of other harnesses.

    SOURCE is a file or a folder: results of lm-evaluation-harness (with --log_samples), logs of
    Inspect, or records of Every Eval Ever; docs/importing.md says what becomes of each field. The
    runs go to runs/HARNESS in the output; `runner suite build` takes them as it takes HELM's own.
    What HELM would have written and the source has not is printed, and kept with each run. If one
    file is wrong, the exit code is 3, and nothing is written.
    """
