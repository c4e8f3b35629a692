"""The command ``runner evaluate``, as its help shows it."""

import click
import cloup

from runner.cli.evaluation_options import (
    CiOptions,
    FurtherRunOptions,
    HelmRunOptions,
    LimitOptions,
    OutputOptions,
    PlacementOptions,
    WhatToRun,
)
from runner.cli.image_completion import complete_images
from runner.cli.lazy import does
from runner.cli.option_groups import option_groups

EXAMPLES = """\b
Examples:
  runner evaluate train_mean:latest --suite demo
  runner evaluate my_predictor --suite suites/mmlu
  runner evaluate registry.org/team/a@sha256:1f2e... --suite mmlu --pull missing
  runner evaluate my_predictor --suite v1 --root-dir helm/benchmark_output
  runner evaluate registry.org/team/a --suite mmlu --executor ray \\
    --shared s3://bucket/suites
  runner evaluate a b c --suite 'benchmark_output/runs/v1/mmlu*' --seed 7 --json
  runner evaluate --submissions submissions.yaml --suite suites/mmlu --jobs 4
  runner evaluate my_predictor --suite mmlu --min-score mae=0.1 --junit ci.xml
"""


@cloup.command(epilog=EXAMPLES)
@click.argument("images", metavar="IMAGE...", nargs=-1, shell_complete=complete_images)
@option_groups(
    what=WhatToRun,
    limits=LimitOptions,
    helm=HelmRunOptions,
    further=FurtherRunOptions,
    placement=PlacementOptions,
    output=OutputOptions,
    ci=CiOptions,
)
@does("runner.cli.evaluate:evaluate")
def evaluate() -> None:
    """Run predictor images on a suite and score them.

    IMAGE is a name that the engine knows, or an archive that `runner build --export` wrote
    (FILE.tar.gz), whose image gets no name on the engine.

    A built suite (see `runner suite build`) is checked and used as it is. HELM runs are divided
    as in MAGNET: --train-runs runs and one eval run are drawn. The predictor sees all of
    the train runs, and a sample of the eval run's requests with their completions. It predicts the
    eval run's stats, which stay withheld until its container is gone.

    Each image gets a report directory: report.json, the predictions as they were written, and the
    container's log. Finished cases are kept: after an interruption the same command runs only what
    is missing.

    An image that is missing or fails does not stop the others; nor does a bug of the runner that
    one of them meets. If several images fail, the exit code is the first of 1, 5, 3, 2, 4 and 6
    that one of them ended with.
    """
