"""``runner suite run``: runs HELM, then builds a suite from its runs."""

from pathlib import Path

import click

from runner.cli.lazy import does
from runner.cli.options import LocalPath, json_option

EXAMPLES = """\b
Examples:
  runner suite run --suite mine --local-dataset questions.jsonl \\
    --models-to-run openai/gpt2 --models-to-run simple/model1 \\
    --max-eval-instances 100
  runner suite run --suite mmlu \\
    --run-entries mmlu:subject=anatomy,model=openai/gpt2 \\
    --max-eval-instances 20 --spec mmlu.yaml
  runner suite run --suite sweep --conf-paths run_entries.conf \\
    --enable-local-huggingface-models ./SmolLM2-135M-Instruct \\
    --max-eval-instances 50 -- --num-train-trials 3
"""


Paths = LocalPath()


@click.command(name="run", epilog=EXAMPLES)
@click.option("--suite", required=True, help="HELM's suite: runs go to OUTPUT_PATH/runs/SUITE.")
@click.option("-r", "--run-entries", multiple=True, help="A run entry; may be repeated.")
@click.option(
    "-c", "--conf-paths", multiple=True, type=Paths, help="A file of run entries; may be repeated."
)
@click.option("--models-to-run", multiple=True, help="A model for entries that name none.")
@click.option(
    "--enable-local-huggingface-models",
    multiple=True,
    type=Paths,
    help="A directory with a HuggingFace model; may be repeated.",
)
@click.option(
    "--local-dataset",
    "local_datasets",
    multiple=True,
    type=Paths,
    help="A JSON or JSONL file of instances: input, answer, and choices and split if it has them. "
    "The entry local_dataset:name=STEM runs it; without entries, every one is run.",
)
@click.option(
    "-m",
    "--max-eval-instances",
    type=click.IntRange(min=1),
    required=True,
    help="How many instances of a scenario are run.",
)
@click.option("-n", "--num-threads", type=click.IntRange(min=1))
@click.option("--local-path", type=Paths, help="HELM's own configuration.  [default: prod_env]")
@click.option("--plugins", multiple=True, help="A module that registers scenarios or run specs.")
@click.option("--output-path", type=Paths, default=Path("benchmark_output"), show_default=True)
@click.option(
    "--spec", type=Paths, help="The suite's spec.  [default: one with all runs of --suite]"
)
@click.option("-o", "--out", type=Paths, help="The suite's directory.  [default: suites/SUITE]")
@json_option
@click.argument("others", metavar="[-- HELM_OPTIONS]", nargs=-1, type=click.UNPROCESSED)
@does("runner.cli.suite_run:suite_run")
def suite_run() -> None:
    """Run HELM, and build a suite from its runs.

    The options are those of helm-run; more of its options can follow after --. This command needs
    HELM, about 2 GB: pip install 'crfm-helm==0.5.16'. Finished runs are not run again.
    """
