"""GitHub's workflows and composite actions, run here as the shell steps they consist of.

What the actions of others would do is done by hand: a checkout is a clone, an artifact a copy.
Expressions are looked up, and anything that is not understood is an error.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.git_builder import git
from tests.integration.command import warm_programs

ROOT = Path(__file__).parents[2]
OWN_ACTION = "ORGANIZATION/runner"

Context = Mapping[str, Any]


class StepFailedError(Exception):
    """A step ended with another exit code than 0."""


@dataclass
class Job:
    """One job on a machine that has the runner installed.

    Attributes:
        origin: the repository on GitHub's side, with its refs/pull.
        context: ``github``, ``secrets``, ``vars``.
        log: what all steps printed.
        attested: the files that GitHub would attest.
    """

    origin: Path
    place: Path
    context: Context
    log: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    exit_code: int = 0
    attested: list[Path] = field(default_factory=list)
    _path: list[str] = field(default_factory=list)
    _environment: dict[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        return self.place / "workspace"

    @property
    def temp(self) -> Path:
        return self.place / "temp"

    @property
    def artifacts(self) -> Path:
        return self.place / "artifacts"

    @property
    def summary(self) -> str:
        path = self.place / "summary.md"
        return path.read_text() if path.exists() else ""

    def run(self, workflow: Path) -> None:
        """Run the steps of the workflow's only job."""
        for directory in (self.workspace, self.temp, self.artifacts):
            directory.mkdir(parents=True)
        # What the action's step of installing finds to be done already.
        (self.temp / "runner").symlink_to(sys.prefix)
        document = yaml.safe_load(workflow.read_text())
        (job,) = document["jobs"].values()
        self._environment = {
            name: fill_in(value, self.context) for name, value in document.get("env", {}).items()
        }
        try:
            self._run_steps(job["steps"], self.context, self.outputs)
        except StepFailedError:
            assert self.exit_code != 0

    def visible(self) -> str:
        """Return all that a participant can see: the log, the summary, what was uploaded."""
        files = [path for path in self.artifacts.rglob("*") if path.is_file()]
        shown = [line for line in self.log.splitlines() if not line.startswith("::add-mask::")]
        return "\n".join([*shown, self.summary, *(path.read_text() for path in files)])

    def _run_steps(
        self, steps: list[Any], outer: Context, outputs: dict[str, dict[str, str]]
    ) -> None:
        failed: StepFailedError | None = None
        for step in steps:
            steps_context = {name: {"outputs": found} for name, found in outputs.items()}
            context = {**outer, "runner": {"temp": str(self.temp)}, "steps": steps_context}
            condition = str(step.get("if", "true"))
            if failed is not None and "always()" not in condition:
                continue
            if not is_true(condition, context):
                continue
            made: dict[str, str] = outputs.setdefault(step.get("id", step.get("name", "")), {})
            try:
                self._run_step(step, context, made)
            except StepFailedError as error:
                failed = error
        if failed is not None:
            raise failed

    def _run_step(self, step: Any, context: Context, made: dict[str, str]) -> None:
        given = {name: fill_in(value, context) for name, value in step.get("with", {}).items()}
        if "run" in step:
            environment = {k: fill_in(v, context) for k, v in step.get("env", {}).items()}
            self._run_shell(step, environment, made)
        elif step["uses"].startswith(f"{OWN_ACTION}@"):
            self._run_own_action(given, made)
        else:
            self._actions()[step["uses"].partition("@")[0]](given)

    def _actions(self) -> dict[str, Callable[[Mapping[str, str]], None]]:
        return {
            "actions/attest-build-provenance": self._attest,
            "actions/checkout": self._check_out,
            "actions/setup-python": lambda given: None,
            "actions/upload-artifact": lambda given: self._upload(given["path"], given["name"]),
            "actions/upload-pages-artifact": lambda given: self._upload(given["path"], "page"),
            "actions/deploy-pages": lambda given: None,
        }

    def _check_out(self, given: Mapping[str, str]) -> None:
        git(self.place, "clone", "--quiet", str(self.origin), str(self.workspace))
        git(self.workspace, "checkout", "--quiet", "--detach", given.get("ref", "main"))

    def _attest(self, given: Mapping[str, str]) -> None:
        self.attested += self.workspace.glob(given["subject-path"])

    def _upload(self, path: str, name: str) -> None:
        shutil.copytree(self.workspace / path, self.artifacts / name)

    def _run_own_action(self, given: Mapping[str, str], made: dict[str, str]) -> None:
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        assert given.keys() <= action["inputs"].keys()
        defaults = {name: each.get("default", "") for name, each in action["inputs"].items()}
        outputs: dict[str, dict[str, str]] = {}
        try:
            self._run_steps(action["runs"]["steps"], {"inputs": {**defaults, **given}}, outputs)
        finally:
            context = {"steps": {name: {"outputs": found} for name, found in outputs.items()}}
            for name, each in action["outputs"].items():
                made[name] = fill_in(each["value"], context)

    def _run_shell(self, step: Any, environment: Mapping[str, str], made: dict[str, str]) -> None:
        files = {name: self.place / name for name in ("output", "path", "summary.md")}
        files["output"].write_text("")
        # GitHub's own: https://docs.github.com/actions, workflow syntax, `shell`.
        options = ["--noprofile", "--norc", "-eo", "pipefail"] if "shell" in step else ["-e"]
        path = [warm_programs(), *self._path, Path(sys.prefix, "bin"), os.environ["PATH"]]
        ended = subprocess.run(
            ["/bin/bash", *options, "-c", step["run"]],
            cwd=self.workspace,
            env={
                "HOME": os.environ["HOME"],
                "DOCKER_HOST": os.environ.get("DOCKER_HOST", ""),
                "PATH": os.pathsep.join(map(str, path)),
                "PYTHONPATH": str(ROOT),  # this checkout, wherever the command is installed from
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_OUTPUT": str(files["output"]),
                "GITHUB_PATH": str(files["path"]),
                "GITHUB_STEP_SUMMARY": str(files["summary.md"]),
                **self._environment,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )
        self.log += ended.stdout
        if files["path"].exists():
            self._path = files["path"].read_text().splitlines()
        lines = files["output"].read_text().splitlines()
        made.update(line.partition("=")[::2] for line in lines)
        if ended.returncode != 0:
            self.exit_code = ended.returncode
            raise StepFailedError


def fill_in(text: Any, context: Context) -> str:
    """Return the text with its expressions replaced by what they stand for."""
    return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: look_up(found[1], context), str(text))


def look_up(path: str, context: Context) -> str:
    """Return what e.g. ``github.event.number`` is; what no step or organizer set is ''."""
    first, *others = path.split(".")
    value = context[first]
    for name in others:
        is_unset = first in ("steps", "vars") and name not in value
        value = "" if is_unset else value[name]
    assert isinstance(value, str | int)
    return str(value)


def is_true(condition: str, context: Context) -> bool:
    """Return whether all parts of a condition hold; the only ones known are these."""
    for part in condition.split(" && "):
        if part in ("true", "always()"):
            continue
        left, right = re.fullmatch(r"([\w.-]+) != '(.*)'", part).groups()  # type: ignore[union-attr]
        if look_up(left, context) == right:
            return False
    return True
