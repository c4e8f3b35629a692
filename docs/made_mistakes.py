"""Really makes a mistake of mistakes.yaml, and returns what the commands print about it."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import yaml

from runner.authoring.carried_folders import template_folder
from runner.building.demo_suite import unpack_demo_suite

RUNNER = Path(sys.executable).with_name("runner")
FOLDER, IMAGE = "mine", "faq"

COMMANDS: Mapping[str, str] = {
    "try": f"runner try {FOLDER} --suite SUITE",
    "build": f"runner build {FOLDER} -t {IMAGE}",
    "check": f"runner check {IMAGE} --suite SUITE",
    "evaluate": f"runner evaluate {IMAGE} --suite SUITE",
}

PREDICTOR = """from runner.contract import Predictor, Stat

{top}
class Mine(Predictor):
    def predict(self, train_run_specs_df, train_scenario_states_df, train_stats_df,
                eval_run_specs_df, eval_scenario_states_df):
{predict}
        predictions = {{}}
        for target in self.case.targets:
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(0.5))
        return predictions
"""

SPEC: Mapping[str, object] = {
    "version": "1",
    "targets": ["exact_match"],
    "division": {"method": "sampled", "train_runs": 3},
    "keep_together": [],
    "accept": ["twins", "derivable", "shared"],
}
SUITES: Mapping[str, Mapping[str, object]] = {
    "quick": {"limits": {"wall_seconds": 3}},
    "instances": {
        "targets": [],
        "instance_targets": ["exact_match"],
        "scoring": {"primary": "instance_mae"},
    },
}
"""The fields of further suites."""


@dataclass(frozen=True)
class Mistake:
    """One mistake, as mistakes.yaml has it."""

    title: str
    says: str = ""
    predict: str = ""
    top: str = ""
    files: Mapping[str, str | None] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    suite: str = "demo"
    commands: Mapping[str, str | None] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write a predictor that makes the mistake."""
        folder.mkdir()
        template = template_folder("python")
        for name in ("Dockerfile", "requirements.txt", ".dockerignore"):
            folder.joinpath(name).write_bytes((template / name).read_bytes())
        lines = "".join(f"        {line}\n" for line in self.predict.splitlines())
        code = PREDICTOR.format(top=f"{self.top.rstrip()}\n" if self.top else "", predict=lines)
        folder.joinpath("predictor.py").write_text(code, encoding="utf-8")
        for name, content in self.files.items():
            if content is None:
                folder.joinpath(name).unlink()
            else:
                folder.joinpath(name).write_bytes(content.encode("latin-1"))
        for name, mode in self.modes.items():
            folder.joinpath(name).chmod(mode)

    def all_commands(self) -> dict[str, str]:
        """Return the commands by their names, without those that are not used."""
        usual = {name: text.replace("SUITE", self.suite) for name, text in COMMANDS.items()}
        return {name: text for name, text in {**usual, **self.commands}.items() if text}


@dataclass(frozen=True)
class Said:
    """What a command says of a mistake: its exit code and its messages, which may be none."""

    exit_code: int
    lines: tuple[str, ...]


def make(mistake: Mistake, directory: Path) -> dict[str, Said]:
    """Make a mistake in a directory, and return what each command says.

    Returns:
        by the commands' names; no check and no evaluation if the image was not built.
    """
    mistake.write(directory / FOLDER)
    said: dict[str, Said] = {}
    for name, command in mistake.all_commands().items():
        if name in ("check", "evaluate") and "build" in said and said["build"].exit_code:
            break
        said[name] = run(command, directory)
    return said


def run(command: str, directory: Path) -> Said:
    """Run a command of the runner, and return what it says."""
    words = [str(RUNNER), *shlex.split(command)[1:]]
    ended = subprocess.run(  # noqa: S603  (our own commands)
        words,
        cwd=directory,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [*_faults(ended.stderr), *_results(ended.stdout)]
    settled = (_settled(line, directory) for line in lines)
    return Said(ended.returncode, tuple(without_repetition(settled)))


_RESULT = re.compile(r"(?:FAIL output: |FAIL |note(?: \w+)?: |case-1: |       )(.+)")


def _results(stdout: str) -> Iterator[str]:
    """Yield what is wrong, of the results of any command, in the same form."""
    for line in stdout.splitlines():
        match = _RESULT.fullmatch(line)
        if match is not None and not match[1].startswith("log: "):
            yield match[1]


def _faults(stderr: str) -> Iterator[str]:
    """Yield warnings, and the error to its end; not what pip, the engine or a predictor prints."""
    lines = stderr.splitlines()
    yield from (line for line in lines if line.startswith("warning: "))
    before = len(list(takewhile(lambda line: not line.startswith("Error: "), lines)))
    yield from (line for line in lines[before:] if line.strip() and not _STEP.match(line))


def without_repetition(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, without those that say the same of another place as one before."""
    seen: set[str] = set()
    left_out = 0
    for line in lines:
        _, colon, what = line.rpartition(": ")
        kind = re.sub(r"\d+", "", what)
        if colon and kind in seen:
            left_out += 1
            continue
        if left_out:
            yield f"... ({left_out} lines more)"
        seen.add(kind)
        left_out = 0
        yield line
    if left_out:
        yield f"... ({left_out} lines more)"


_STEP = re.compile(r"Step \d|Removing intermediate | --->")
"""What the engine says of steps that succeed."""

_UNSETTLED: Sequence[tuple[str, str]] = (
    (r"/tmp/runner-scratch-\w+/files/tmp/", "/tmp/"),  # noqa: S108  (a pattern)
    (r"\(from versions: [^)]{40,}\)", "(from versions: ...)"),
    (r"the most by [\d.e-]+: .+", "the most by ..."),
)


def _settled(line: str, directory: Path) -> str:
    """Return a line without what differs from run to run."""
    line = line.rstrip().replace(f"{directory.resolve()}/", "")
    for pattern, settled in _UNSETTLED:
        line = re.sub(pattern, settled, line)
    return line


def build_suites(directory: Path) -> None:
    """Build the further suites in a directory."""
    runs = unpack_demo_suite(directory / "helm")
    for name, fields in SUITES.items():
        spec = {"name": name, "helm_runs": [str(runs)], **SPEC, **fields}
        (directory / f"{name}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        command = [str(RUNNER), "suite", "build", f"{name}.yaml", "-o", name]
        subprocess.run(  # noqa: S603  (our own command)
            command, cwd=directory, check=True, capture_output=True
        )
