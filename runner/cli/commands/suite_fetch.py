"""``runner suite fetch``: HELM's public results into a benchmark_output."""

import click

from runner.cli.lazy import does
from runner.cli.options import benchmark_output_option, json_option

EXAMPLES = """\b
Examples:
  runner suite fetch
  runner suite fetch lite
  runner suite fetch lite v1.0.0
  runner suite fetch lite v1.0.0 --runs 'mmlu:*' -o benchmark_output
"""


@click.command(name="fetch", epilog=EXAMPLES)
@click.argument("project", required=False)
@click.argument("version", required=False)
@click.option("--runs", "pattern", help="Which runs to fetch: a name, or a pattern of * and ?.")
@click.option(
    "--from",
    "source",
    metavar="URL",
    default="gs://crfm-helm-public",
    show_default=True,
    help="A store of the same layout, at any URL that fsspec lists.",
)
@benchmark_output_option
@json_option
@does("runner.cli.suite_fetch:fetch")
def suite_fetch() -> None:
    """List HELM's public results, or fetch runs of them.

    Without a project the projects are listed, without a version its versions, without --runs the
    names of the runs. Each run is checked against the size and the digest that the store lists, and
    appears whole in runs/VERSION of the output. The same command continues where it was
    interrupted. A public bucket of Google (gs://) needs no account, but the extra gcs.
    """
