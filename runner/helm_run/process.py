"""The process that HELM runs in: its command, its environment, its progress and its end."""

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.code_version import DISTRIBUTION
from runner.errors import SuiteError, UsageError
from runner.helm_outputs.runs import RUN_FILES
from runner.helm_run.instances import read_instances
from runner.progress import Say

CANT_IMPORT_HELM = 97
LOG = "helm-run.log"
LOG_LINES_SHOWN = 12
SECONDS_BETWEEN_LOOKS = 1.0
DATASETS_VARIABLE = "RUNNER_LOCAL_DATASETS"
DATASET_NAME = re.compile(r"[A-Za-z0-9._-]+")
RUN_SPECS_LOGGED = re.compile(rb"produced (\d+) run specs")


@dataclass(frozen=True)
class HelmOptions:
    """What HELM shall run; the names are those of helm-run's options."""

    suite: str
    max_eval_instances: int
    run_entries: Sequence[str] = ()
    conf_paths: Sequence[Path] = ()
    models_to_run: Sequence[str] = ()
    enable_local_huggingface_models: Sequence[Path] = ()
    num_threads: int | None = None
    local_path: Path | None = None
    output_path: Path = Path("benchmark_output")
    plugins: Sequence[str] = ()
    local_datasets: Sequence[Path] = ()
    others: Sequence[str] = ()

    @property
    def suite_path(self) -> Path:
        """Where HELM writes the runs."""
        return self.output_path / "runs" / self.suite


def helm_arguments(options: HelmOptions) -> list[str]:
    """Return the arguments of helm-run. Runs that are finished are not run again."""
    entries = list(options.run_entries)
    if not entries and not options.conf_paths:
        entries = [f"local_dataset:name={path.stem}" for path in options.local_datasets]
    listed: Mapping[str, Sequence[object]] = {
        "--run-entries": entries,
        "--conf-paths": options.conf_paths,
        "--models-to-run": options.models_to_run,
        "--enable-local-huggingface-models": options.enable_local_huggingface_models,
        "--plugins": options.plugins,
    }
    single: Mapping[str, object | None] = {
        "--suite": options.suite,
        "--max-eval-instances": options.max_eval_instances,
        "--num-threads": options.num_threads,
        "--local-path": options.local_path,
        "--output-path": options.output_path,
    }
    arguments = ["--skip-completed-runs"]
    for name, values in listed.items():
        arguments += [name, *map(str, values)] if values else []
    for name, value in single.items():
        arguments += [] if value is None else [name, str(value)]
    return [*arguments, *options.others]


def describe_datasets(paths: Sequence[Path]) -> str:
    """Return the data sets by name, in the form that HELM's process reads.

    Raises:
        UsageError: a file is not a data set, or its name is used twice or not allowed.
    """
    datasets: dict[str, tuple[str, str]] = {}
    for path in paths:
        read_instances(path)
        if not DATASET_NAME.fullmatch(path.stem):
            raise UsageError(
                f"{path}: the name of a data set is letters, digits, '.', '_' and '-'; it stands "
                "in the names of runs. Rename the file."
            )
        if path.stem in datasets:
            raise UsageError(f"{path}: another data set is called {path.stem} too; rename one.")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        datasets[path.stem] = (str(path.resolve()), sha256)
    return json.dumps(datasets)


def given_datasets() -> dict[str, tuple[Path, str]]:
    """Return path and sha256 of the data sets given to this process, by name."""
    given = json.loads(os.environ.get(DATASETS_VARIABLE, "{}"))
    return {name: (Path(path), sha256) for name, (path, sha256) in given.items()}


def run_helm(options: HelmOptions, say: Say) -> None:
    """Run HELM to its end, with a line for every run that is finished.

    Raises:
        UsageError: HELM is not installed, or a package that it needs is missing.
        SuiteError: HELM ended with an error; what it has written stays, and the same call
            continues from there.
    """
    datasets = describe_datasets(options.local_datasets)
    options.output_path.mkdir(parents=True, exist_ok=True)
    log = options.output_path / LOG
    command = [sys.executable, "-m", "runner.helm_run", *helm_arguments(options)]
    say(f"HELM runs; its log is {log}")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  (our own module)
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {DATASETS_VARIABLE: datasets},
        )
        try:
            _wait(process, options, log, say)
        finally:
            process.kill()
            process.wait()
    _check_end(process.returncode, log)


def _wait(
    process: subprocess.Popen[bytes],
    options: HelmOptions,
    log: Path,
    say: Say,
) -> None:
    before = _finished_runs(options.suite_path)
    if before:
        say(f"{len(before)} runs are there already; HELM leaves finished ones as they are")
    announced = set(before)
    is_running = True
    while is_running:
        try:
            process.wait(SECONDS_BETWEEN_LOOKS)
            is_running = False
        except subprocess.TimeoutExpired:
            pass
        finished = _finished_runs(options.suite_path)
        for name in sorted(finished - announced):
            announced.add(name)
            total = "" if before else _total(log)
            say(f"run {len(announced) - len(before)}{total} is finished: {name}")


def _total(log: Path) -> str:
    """Return the number of runs as soon as HELM prints it."""
    found = RUN_SPECS_LOGGED.search(log.read_bytes())
    return f" of {int(found[1])}" if found else ""


def _finished_runs(suite_path: Path) -> set[str]:
    if not suite_path.is_dir():
        return set()
    return {
        path.name
        for path in suite_path.iterdir()
        if all((path / name).is_file() for name in RUN_FILES)
    }


def _check_end(exit_code: int, log: Path) -> None:
    if exit_code == 0:
        return
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    if exit_code == CANT_IMPORT_HELM:
        reason = lines[-1] if lines else "no reason given"
        raise UsageError(
            f"HELM can't be imported ({reason}). Install it beside the runner, about 2 GB: "
            f"{sys.executable} -m pip install '{_helm_requirement()}'"
        )
    end = "\n".join(f"  {line}" for line in lines[-LOG_LINES_SHOWN:])
    raise SuiteError(
        f"HELM ended with exit code {exit_code}. The end of its log ({log}):\n{end}\n"
        "Finished runs are kept: the same command continues from there."
    )


def _helm_requirement() -> str:
    """Return the runner's own requirement of HELM, e.g. ``crfm-helm==1.2.3``."""
    requirements = importlib.metadata.requires(DISTRIBUTION) or []
    return next(each.partition(";")[0] for each in requirements if each.startswith("crfm-helm"))
