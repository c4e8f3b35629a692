"""How much memory and time one run takes whose scenario_state.json is large."""

import json
import random
import sys
from pathlib import Path
from typing import Any

from benchmarks.measurement import Row, run_measured

SIZES_MB = (2, 20, 100)
TOKENS, TOP, WORDS = 200, 5, 5_000
FIXED_MB, TIMES = 200, 12
"""The target: at most so often the file, and so much besides."""

READ = """\
import sys
from runner.helm_outputs.frames import read_run
from runner.helm_outputs.runs import find_runs
read_run(find_runs(sys.argv[1])[0])
"""


def measure_large_files(scratch: Path) -> list[Row]:
    """Return a row for each size and layout; the ratio is the peak to the target's limit."""
    rows = []
    for size_mb in SIZES_MB:
        for layout, indent in (("indented", 2), ("minified", None)):
            run = scratch / f"{size_mb} {layout}" / "tokens:model=demo"
            path = _write_run(run, size_mb, indent)
            command = [sys.executable, "-c", READ, str(run)]
            seconds, peak_mb = run_measured(command, scratch / "log")
            limit_mb = TIMES * path.stat().st_size / 1e6 + FIXED_MB
            what = f"{size_mb} MB of token logprobs, {layout}"
            rows.append(Row(what, seconds, peak_mb / limit_mb, peak_mb))
    return rows


def _write_run(run: Path, size_mb: int, indent: int | None) -> Path:
    """Write a run whose tokens have top_logprobs, and return its scenario_state.json."""
    run.mkdir(parents=True, exist_ok=True)
    separators = None if indent else (",", ":")
    rng = random.Random(size_mb)  # noqa: S311
    states: list[str] = []
    while sum(map(len, states)) < size_mb * 1e6:
        # As in a document, where they stand two levels deep.
        text = json.dumps([[_make_state(len(states), rng)]], indent=indent, separators=separators)
        states.append(text.strip("[] \n"))
    path = run / "scenario_state.json"
    path.write_text(f'{{"adapter_spec": {{}}, "request_states": [{",".join(states)}]}}')
    stat = {"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": 0.5}
    entries = [{"instance_id": "id0", "train_trial_index": 0, "stats": [stat]}]
    (run / "run_spec.json").write_text(json.dumps({"name": run.name}))
    (run / "stats.json").write_text(json.dumps([stat]))
    (run / "per_instance_stats.json").write_text(json.dumps(entries))
    return path


def _make_state(number: int, rng: random.Random) -> dict[str, Any]:
    words = [f"w{rng.randrange(WORDS)}" for _ in range(TOKENS)]
    tokens = [
        {
            "text": word,
            "logprob": -rng.random(),
            "top_logprobs": {f"w{rng.randrange(WORDS)}": -5 * rng.random() for _ in range(TOP)},
        }
        for word in words
    ]
    completion = {"text": " ".join(words), "logprob": -1.0, "tokens": tokens}
    return {
        "instance": {"id": f"id{number}", "input": {"text": "?"}, "references": []},
        "train_trial_index": 0,
        "request": {"prompt": "?", "model": "demo"},
        "result": {"success": True, "completions": [completion], "cached": False},
    }
