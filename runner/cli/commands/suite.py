"""``runner suite``: build, list, show, audit, publish and verify suites."""

from typing import Any

import click

from runner.cli.commands.suite_fetch import suite_fetch
from runner.cli.commands.suite_run import suite_run
from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option, private_option, suite_argument

BUILD_EXAMPLES = """\b
Examples:
  runner suite build mmlu.yaml -o suites/mmlu
  runner suite build --name mmlu --division leave_one_out --by model \\
    --helm-runs 'benchmark_output/runs/v1/mmlu*'
"""


class SpecFile(LocalPath):
    """The path of a spec. A folder in its place is most often one of a glob without quotes."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        path = super().convert(value, param, ctx)
        if path.is_dir():
            self.fail(
                f"{value}: a folder, and no spec. Quote a glob of --helm-runs; otherwise the shell "
                "replaces it by the names of files.",
                param,
                ctx,
            )
        return path


@click.group()
def suite() -> None:
    """Build suites from HELM runs, audit, publish and verify them."""


@suite.command(epilog=BUILD_EXAMPLES, short_help="Build a suite from HELM runs.")
@click.argument(
    "spec_file",
    metavar="[SPEC.yaml]",
    required=False,
    type=SpecFile(),
)
@click.option("-o", "--out", type=LocalPath(), help="[default: suites/NAME]")
@click.option("--name", help="The suite's name, if there is no spec.")
@click.option("--version", "suite_version", help="The suite's version.  [default: 1]")
@click.option("--helm-runs", multiple=True, help="A path or glob of HELM runs; may be repeated.")
@click.option("--target", "targets", multiple=True, help="The name of a stat; may be repeated.")
@click.option(
    "--division",
    help="holdout (for a competition), extrapolate (to stronger models), k_fold, leave_one_out or "
    "sampled.  [default: sampled]",
)
@click.option(
    "--by",
    help="For all but sampled: run, scenario, model, model_deployment, scenario_model; for holdout "
    "also scenario_and_model.",
)
@click.option("--folds", type=int, help="For k_fold: how many folds.")
@click.option(
    "--share", type=float, help="For holdout and extrapolate: which share.  [default: 0.3]"
)
@click.option("--cases", type=int, help="For holdout: how many cases.  [default: 1]")
@click.option("--instances", help="How many instances of an eval run are revealed, or 'all'.")
@click.option("--seed", type=int, help="Draws runs and instances.")
@json_option
@does("runner.cli.suite:build")
def build() -> None:
    """Build a suite from a spec, or a simple one from options.

    A spec is a YAML file. It needs a name, a version and helm_runs (a list of globs);
    docs/suites.md describes all fields. The suite is audited, and refused if a withheld value can
    be found or computed from what is shown, unless the spec accepts that.
    """


@suite.command(name="list", short_help="List the built suites in a directory.")
@click.argument("directory", metavar="[DIR]", default="suites", type=LocalPath())
@json_option
@does("runner.cli.suite:list_suites")
def list_suites() -> None:
    """List the built suites below a directory, ./suites by default."""


@suite.command(short_help="Show what a suite holds.")
@suite_argument
@json_option
@does("runner.cli.suite:show")
def show() -> None:
    """Show what a suite holds: cases, runs, scenarios, models, targets, sizes."""


@suite.command(short_help="Check that a suite is what its digest says.")
@suite_argument
@click.option("--digest", help="The digest that the suite should have, sha256:...")
@private_option
@json_option
@does("runner.cli.suite:verify")
def verify() -> None:
    """Check that a suite is what its digest says, byte by byte.

    Of a published suite, which has no private half, only the public half is checked.
    """


@suite.command(short_help="Look for withheld values in what containers see.")
@suite_argument
@private_option
@json_option
@does("runner.cli.suite:audit")
def audit() -> None:
    """Look for withheld values in what the containers of a suite would see.

    The audit checks the bytes of every staged file, looks for twins on both sides of a case, and
    tries to recompute the actuals from what is revealed. The exit code is 3 if it finds a leak that
    the suite's spec does not accept.
    """


@suite.command(short_help="Write the public half, for participants.")
@suite_argument
@click.option("-o", "--out", type=LocalPath(), help="[default: NAME-VERSION.tar.gz]")
@json_option
@does("runner.cli.suite:publish")
def publish() -> None:
    """Write the public half of a suite, for participants, as an archive.

    The archive holds only what the containers see. Once it is unpacked, `runner suite verify`
    checks it.
    """


suite.add_command(suite_run)
suite.add_command(suite_fetch)
