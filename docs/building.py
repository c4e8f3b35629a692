"""Times what an author waits for: `make build-times`, or with ROWS="Node shell" only some rows.

The runner's wheel is installed in an empty environment, in a folder without a checkout, beside an
engine that has no image, and nothing of pip's, npm's and Debian's is kept from before: so a first
build has its downloads in it. Each row that is measured replaces its row in `docs/building.md`.
Needs root, dockerd and npm. PyTorch without CUDA is in no usual index:
`PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu` names its own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from measured import measured_part, write_measured_part

from tests.integration.spare_engine import spare_engine

PAGE = Path(__file__).with_suffix(".md")
ROOT = Path(__file__).parents[1]
HEADS = (
    "predictor",
    "its base, s",
    "first build, s",
    "build after an edit, s",
    "check, s",
    "evaluate, s",
    "image, MB",
    "load",
)
CODES = {
    "python": "predictor.py",
    "node": "predict.mjs",
    "r": "predict.R",
    "shell": "predict.sh",
}
"""The file that an author edits, by template."""

PREDICTOR = '''\
import numpy as np
{imports}
from runner.contract import Predictor

KEY = ["stats.name.name", "stats.name.perturbation.computed_on"]


class MyPredictor(Predictor):
    """Learns the stats of the train runs from their names."""

    def predict(self, runs, states, stats, eval_runs, eval_states):
        stats = stats.dropna(subset=["stats.mean"])
        names = sorted(set(stats[KEY[0]]))
        def features(name, computed_on):
            return [float(name == one) for one in names] + [float(computed_on == "original")]
        x = np.array([features(*row) for row in stats[KEY].itertuples(index=False)])
        y = stats["stats.mean"].to_numpy(dtype=float)
        asked = np.array([
            features(one.name.name, getattr(one.name.perturbation, "computed_on", None))
            for one in self.case.targets
        ])
        predictions = {{}}
        for target, mean in zip(self.case.targets, fit_and_predict(x, y, asked)):
            predictions.setdefault(target.run_spec_name, []).append(target.predicted(float(mean)))
        return predictions


def fit_and_predict(x, y, asked):
{model}
'''

TORCH = """\
    torch.manual_seed(0)
    model = torch.nn.Linear(x.shape[1], 1, dtype=torch.float64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(torch.tensor(x))[:, 0], torch.tensor(y)).backward()
        optimizer.step()
    return model(torch.tensor(asked))[:, 0].tolist()
"""
SCIKIT_LEARN = """\
    return RandomForestRegressor(50, random_state=0, n_jobs=1).fit(x, y).predict(asked)
"""
LIGHTGBM = """\
    options = {"min_data_in_leaf": 2, "verbose": -1, "num_threads": 1, "seed": 0}
    return lightgbm.train(options, lightgbm.Dataset(x, y), num_boost_round=50).predict(asked)
"""


@dataclass(frozen=True)
class Row:
    """A predictor of a template, with files of its own in place of the template's."""

    template: str
    files: Mapping[str, str]


def python_row(imports: str, model: str, **files: str) -> Row:
    """Return a row of a predictor that fits a model to the train runs' stats."""
    code = PREDICTOR.format(imports=imports, model=model)
    return Row("python", {"predictor.py": code} | {f"{name}.txt": it for name, it in files.items()})


ROWS = {
    "shell": Row("shell", {}),
    "R": Row("r", {}),
    "Node": Row("node", {}),
    "Python, pandas": Row("python", {}),
    "scikit-learn": python_row(
        "from sklearn.ensemble import RandomForestRegressor",
        SCIKIT_LEARN,
        requirements="scikit-learn==1.7.2\n",
    ),
    "LightGBM, with libgomp1 in apt.txt": python_row(
        "import lightgbm", LIGHTGBM, requirements="lightgbm==4.6.0\n", apt="libgomp1\n"
    ),
    "PyTorch without CUDA": python_row("import torch", TORCH, requirements="torch==2.13.0+cpu\n"),
}


@dataclass(frozen=True)
class Author:
    """An author with nothing but the wheel, in an empty folder beside an empty engine."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> float:
        """Return how many seconds a command took.

        Raises:
            SystemExit: it failed.
        """
        print("$", *command, flush=True)
        begun = time.monotonic()
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise SystemExit(f"{ended.stdout}\n{ended.stderr}")
        return time.monotonic() - begun

    def build_base(self, language: str) -> float:
        """Build the base of a template, and return the seconds."""
        tag = "runner-base" if language == "python" else f"runner-{language}-base"
        return self.run("runner", "build", "--base", "--template", language, "-t", tag)

    def times(self, name: str, row: Row) -> list[float]:
        """Return the seconds of each step."""
        folder = short(name).lower()
        template = ("--template", row.template)
        self.run("runner", "init", folder, *template)
        for file, text in row.files.items():
            (self.folder / folder / file).write_text(text)
        image = f"mine-{folder}"
        build = ("runner", "build", folder, "-t", image)
        first = 0.0
        if row.template == "node":
            first += self.run("npm", "ci", "--ignore-scripts", "--prefix", folder)
        first += self.run(*build)
        with (self.folder / folder / CODES[row.template]).open("a") as code:
            code.write("//\n" if row.template == "node" else "#\n")
        edited = self.run(*build)
        check = self.run("runner", "check", image, "--suite", "demo")
        evaluate = self.run("runner", "evaluate", image, "--suite", "demo")
        return [first, edited, check, evaluate, self._megabytes(image)]

    def _megabytes(self, image: str) -> float:
        command = ["docker", "image", "inspect", "--format", "{{.Size}}", image]
        shown = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        )
        return int(shown.stdout) / 1e6


def install_wheel(folder: Path) -> Path:
    """Return the programs of an environment that has the wheel and what it needs."""
    subprocess.run([ROOT / "setup" / "dist.sh", folder / "dist"], check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "-q", "-p", python, wheel], check=True)
    return python.parent


def measure(names: Sequence[str]) -> Iterator[tuple[str, list[float]]]:
    """Yield each row's name, and its times and the size of its image."""
    with tempfile.TemporaryDirectory() as directory, spare_engine(has_networks=True) as engine:
        folder = Path(directory)
        programs = install_wheel(folder)
        (folder / "empty").mkdir()
        own = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DOCKER_HOST": engine.url,
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
            "npm_config_cache": str(folder / "npm"),
        }
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        author = Author(folder / "empty", inherited | own)
        author.run("runner", "init", "first")  # the demo suite is made only once, by what needs it
        author.run("runner", "try", "first", "--here", "--suite", "demo")
        bases: dict[str, float] = {}
        for name in names:
            language = ROWS[name].template
            bases[language] = bases.get(language) or author.build_base(language)
            yield name, [bases[language], *author.times(name, ROWS[name])]


def table(rows: Mapping[str, str]) -> str:
    """Return the table in Markdown, of its lines by their names."""
    heads = [f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
    return "\n".join([*heads, *(rows[name] for name in ROWS if name in rows), ""])


def table_row(name: str, measured: Sequence[float]) -> str:
    """Return a line of the table, with the machine's load."""
    *seconds, megabytes = measured
    cells = [f"{one:.0f}" if one >= 10 else f"{one:.1f}" for one in seconds]
    load = os.getloadavg()[1] / (os.cpu_count() or 1)
    return f"| {' | '.join([name, *cells, f'{megabytes:.0f}', f'{load:.1f}'])} |"


def read_rows(shown: str) -> dict[str, str]:
    """Return the lines of a table by their names."""
    lines = shown.splitlines()[2:]
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines}


def short(name: str) -> str:
    """Return the first word of a row's name."""
    return name.partition(" ")[0].strip(",")


if __name__ == "__main__":
    asked = [name for name in ROWS if not sys.argv[1:] or short(name) in sys.argv[1:]]
    for measured_name, figures in measure(asked):
        known = read_rows(measured_part(PAGE))
        write_measured_part(PAGE, table(known | {measured_name: table_row(measured_name, figures)}))
