"""Checks every predictor image of this checkout: ``make check-gallery HELM_RUNS=...``.

``runner check`` of each on the demo suite, and on suites of the demo's runs and of the given ones:
one reveals scores, the other has instance targets too. Prints a table, with what each predicts;
ends with 1 if an image fails, or has no stddev where its method gives one.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import runner
from runner.building.demo_suite import DEMO_SUITE, unpack_demo_suite

IMAGES = Path(__file__).parents[2] / "images"
RUNNER = Path(sys.executable).with_name("runner")
GIVE_STDDEV = (
    "aipw",
    "gp_irt",
    "nearest_models",
    "p_irt",
    "ridge",
    "sample_mean",
    "scenario_mean",
    "shrunk_mean",
)
"""By their method, where scores are revealed."""

SCORES: dict[str, Any] = {"revealed": {"instances": 4, "scores": True}}
INSTANCES: dict[str, Any] = {
    "revealed": {"instances": 4},
    "instance_targets": [{"stat": "exact_match"}],
}
AT_ONCE = 2


@dataclass(frozen=True)
class Checked:
    """One image on one suite.

    Attributes:
        failed: what did not pass, in the words of `runner check`; empty if all did.
        stats, stddevs: how many run-level stats are predicted, and how many with a stddev.
    """

    image: str
    suite: str
    failed: str
    said: str
    stats: int
    stddevs: int

    @property
    def lacks_stddev(self) -> bool:
        """Return whether the method gives a stddev and the image does not."""
        return "scores" in self.suite and self.image in GIVE_STDDEV and not self.stddevs

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is to be fixed."""
        return not (self.failed or self.lacks_stddev)

    def row(self) -> str:
        """Return the row of the table."""
        found = self.failed or ("no stddev" if self.lacks_stddev else "passes")
        cells = (self.image, self.suite, found, self.said, f"{self.stddevs} of {self.stats}")
        return f"| {' | '.join(cells)} |"


def images() -> list[str]:
    """Return the names of the images that are one predictor of ours; MAGNET's need its data."""
    names = sorted(path.parent.name for path in IMAGES.glob("*/predictor.py"))
    return [name for name in names if not name.startswith("magnet_")]


def suites(helm_runs: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Build the suites; return the name and the place of each."""
    yield "demo", DEMO_SUITE
    for of, runs in (("demo runs", unpack_demo_suite(folder)), ("given runs", helm_runs)):
        for what, choices in (("scores", SCORES), ("instance targets", INSTANCES)):
            spec = {
                "name": f"{of} {what}".replace(" ", "-"),
                "version": "1",
                "helm_runs": [str(runs.resolve())],
                "targets": ["exact_match"],
                "division": {"method": "leave_one_out", "by": "model_deployment"},
                "accept": ["twins", "derivable", "shared"],
                **choices,
            }
            place = folder / str(spec["name"])
            with runner.build_suite(spec, place):
                yield f"{of}, {what}", str(place)


def check(image: str, suite: str, place: str, folder: Path) -> Checked:
    """Return what `runner check` says of an image."""
    saved = folder / f"{image} {suite}.json"
    command = [RUNNER, "check", image, "--suite", place, "--json", "--save-expected", saved]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not ended.stdout:
        return Checked(image, suite, f"exit {ended.returncode}: {ended.stderr[-300:]}", "", 0, 0)
    results = json.loads(ended.stdout)["results"]
    failed = [f"{each['check']}: {each['text']}" for each in results if each["passed"] is False]
    (said, *_) = [each["text"] for each in results if each["check"] == "output"]
    stats = [stat for run in json.loads(saved.read_text())["predictions"].values() for stat in run]
    stddevs = sum("stddev" in stat for stat in stats)
    return Checked(image, suite, "; ".join(failed), said, len(stats), stddevs)


def main(helm_runs: Path) -> int:
    """Check all and print the table; return the exit code."""
    print("| image | suite | `runner check` | output | with stddev |\n|---|---|---|---|---|")
    with TemporaryDirectory() as made, ThreadPoolExecutor(AT_ONCE) as pool:
        folder = Path(made)
        asked = [
            (image, *suite, folder) for suite in suites(helm_runs, folder) for image in images()
        ]
        found = []
        for each in pool.map(lambda given: check(*given), asked):
            print(each.row(), flush=True)
            found.append(each)
    sound = sum(each.is_sound for each in found)
    print(f"\n{sound} of {len(found)} checks pass")
    return 0 if sound == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
