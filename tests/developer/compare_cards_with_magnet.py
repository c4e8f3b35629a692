"""Runs MAGNET 0.1.0's cards in MAGNET and in the runner, and compares them cell by cell.

    python tests/developer/compare_cards_with_magnet.py MAGNET_PYTHON [HELM_RUNS]

MAGNET's own cards run unmodified. The Llama cards need HELM runs: with HELM_RUNS (MMLU's,
e.g. a benchmark_output) they run with its path and its models in place of theirs.
Cards of this file's own add the verdicts and reductions that MAGNET's cards do not reach.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runner.helm_outputs.runs import find_runs

BAD_SUITE = 3
NOT_FOUND = re.compile(r"(ERROR evaluating claim: (?:no )?'\w+').*")
"""What both say of a field that is not there or ambiguous, each in words of its own."""

RUNNER = Path(sys.executable).with_name("runner")
VOLATILE = ("benchmark.speed_ratio", "Recursive / iterative runtime")
"""Symbols and metrics that are times: no two runs have the same."""

HEAD: Mapping[str, Any] = {
    "title": "t",
    "description": "d",
    "version": 1.0,
    "organizations": ["o"],
    "submitter": {"name": "n", "email": "e@example.org"},
    "tags": [],
    "links": [],
}
MIXED = {
    "claim": {"python": "assert 1 / x > least, x"},
    "symbols": {
        "x": {"sweep": [1, 2, -1, 0, "a"]},
        "least": {"type": "float", "python": "least = x0 / 10", "depends": ["x0"]},
        "x0": {"sweep": [2, 7]},
    },
}
NODE = """
import json, sys
given = dict(a[2:].split("=", 1) for a in sys.argv[1:])
p = float(given["p"])
if p != 3:
    with open(given["results_fpath"], "w") as f:
        json.dump({"p": p, "_hidden": 1, "q": p * 2}, f)
sys.exit(p == 3)
"""
PIPELINE = {
    "claim": {"python": "assert q < limit, q"},
    "symbols": {"limit": {"value": 5}, "q": {"metadata": {"display": True}}},
    "pipeline": {
        "node": {
            "executable": "python3 node.py",
            "algo_params": {"p": [1, 2, 3, 4]},
            "out_paths": {"results_fpath": "results.json"},
        }
    },
}
FIRST = """
import json, sys
given = dict(a[2:].split("=", 1) for a in sys.argv[1:])
with open(given["o"], "w") as f:
    json.dump({"result": {"metrics": {"v": 10 * int(given["p"]), "deep": {"er": 1}}}}, f)
"""
SECOND = """
import json, sys
given = dict(a[2:].partition("=")[::2] for a in sys.argv[1:] if a.startswith("--"))
v = json.load(open(given["i"]))["result"]["metrics"]["v"]
q = int(given["q"])
if q == 9:
    sys.exit(1)
found = {"v": v, "w": v + q, "q": 0, "several": sys.argv[1:].count("y")}
with open(given["r"], "w") as f:
    json.dump({"result": {"metrics": found}}, f)
"""
KWDAGGER = {
    "name": "own",
    "evidence": {"scope": "requested"},
    "symbols": {
        "limit": {"type": "int", "value": 20},
        "twice": {"type": "int", "python": "twice = 2 * limit", "depends_on": ["limit"]},
        "second.w": {
            "metadata": {
                "display_name": "W",
                "define_metric": {"aggregation_strategy": {"type": "max"}},
            }
        },
        "first.v": {"metadata": {"display": True}},
    },
    "kwdagger": {
        "result_node": "second",
        "pipeline": {
            "nodes": {
                "second": {
                    "executable": "python3 second.py",
                    "in_paths": ["i"],
                    "algo_params": {"q": 0, "kinds": ["x", "y"]},
                    "out_paths": {"r": "r.json"},
                    "primary_out_key": "r",
                },
                "first": {
                    "executable": "python3 first.py",
                    "algo_params": {"p": 1},
                    "out_paths": {"o": "o.json"},
                    "primary_out_key": "o",
                },
                "beside": {"executable": "false", "out_paths": {"o": "o.json"}},
            },
            "edges": ["first.o -> second.i"],
        },
        "matrix": {"first.p": [1, 2], "second.q": [0, 5, 9], "second.s": "a text"},
    },
}
CLAIMS = {
    "a field": "assert second.w < limit, second.w",
    "a node before": "assert first.v == 10, first.v",
    "a parameter": "assert params.second.q == 0 and params.second.s == 'a text'",
    "an ambiguous field": "second.q",
    "a list on the command line": "assert second.several == 1",
    "a field that is not there": "second.nothing",
    "a deep field": "assert first.deep.er == 1 and metrics.first.deep.er == 1",
    "what a row has": "assert twice == 40 and 'w' in second and node == 'second'",
}
STRATEGIES: Sequence[Mapping[str, Any]] = (
    {"type": "all"},
    {"type": "any"},
    {"type": "fraction", "parameters": {"threshold": 0.3}},
    {"type": "fraction", "parameters": {"threshold": 0.31}},
)
ABORTED = {
    "unassigned": {"x": {"type": "int", "python": "y = 1"}},
    "wrong type": {"x": {"type": "List[int]", "python": "x = ['a']"}},
    "no default type": {"x": {"python": "x = 'a'"}},
    "imports don't carry over": {
        "m": {"type": "int", "python": "import math\nm = 1"},
        "x": {"type": "float", "python": "x = math.pi", "depends_on": ["m"]},
    },
}


@dataclass(frozen=True)
class Trial:
    """A card to run in both: the files below the current folder, and what the runner may read."""

    name: str
    card: Path
    data: Sequence[str] = ()
    expects_abort: bool = False


@dataclass(frozen=True)
class Outcome:
    """A card's verdict, None if it was aborted, its cells and its metrics."""

    verdict: str | None
    cells: Counter[str] = field(default_factory=Counter)
    metrics: Mapping[str, float] = field(default_factory=dict)


def own_cards(work: Path) -> Iterator[Trial]:
    (work / "nodes").mkdir()
    (work / "node.py").write_text(NODE)
    (work / "nodes" / "node.py").write_text(NODE)
    for number, strategy in enumerate(STRATEGIES):
        text = ", ".join(map(str, [strategy["type"], *strategy.get("parameters", {}).values()]))
        card = {**HEAD, **MIXED, "claim_aggregation_strategy": dict(strategy)}
        yield Trial(f"own: mixed, {text}", written(work / f"mixed{number}.yaml", card))
    for name, symbols in ABORTED.items():
        card = {**HEAD, "claim": {"python": "pass"}, "symbols": symbols}
        path = written(work / f"aborted_{name.replace(' ', '_')}.yaml", card)
        yield Trial(f"own: {name}", path, expects_abort=True)
    for name, text in (("first.py", FIRST), ("second.py", SECOND)):
        (work / name).write_text(text)
        (work / "nodes" / name).write_text(text)
    for name, claim in CLAIMS.items():
        card = {**HEAD, **KWDAGGER, "claim": {"python": claim}}
        path = written(work / f"kwdagger_{name.replace(' ', '_')}.yaml", card)
        yield Trial(f"own: kwdagger, {name}", path, data=[".=nodes"])
    path = written(work / "pipeline.yaml", {**HEAD, **PIPELINE})
    yield Trial("own: pipeline, a node fails", path, data=[".=nodes"])


def shipped_cards(magnet: Path) -> Iterator[Trial]:
    yield Trial("simple", magnet / "cards" / "simple.yaml")
    for name in ("coin_flip", "fibonacci_performance", "monte_carlo"):
        yield Trial(name, magnet / "examples" / "theory_links" / name / "card.yaml")


def llama_cards(magnet: Path, runs: Path, work: Path) -> Iterator[Trial]:
    """Yield the Llama cards with the paths and the models of the runs at hand."""
    for run in find_runs(runs):
        copy = work / "data" / "benchmark_output" / "runs" / "v1" / run.path.name
        copy.mkdir(parents=True)
        for name in ("run_spec.json", "scenario.json", "stats.json"):  # what MAGNET's loader reads
            shutil.copyfile(run.path / name, copy / name)
    specs = (work / "data").rglob("run_spec.json")
    models = sorted({json.loads(s.read_text())["adapter_spec"]["model"] for s in specs})
    example = Path("magnet", "examples", "llama_consistency")
    (work / example).mkdir(parents=True)
    script = (magnet.parent / example / "llama_predict.py").read_text()
    (work / example / "llama_predict.py").write_text(with_runs(script, models))
    for name in ("llama", "llama_pipeline"):
        path = work / f"{name}.yaml"
        path.write_text(with_runs((magnet / "cards" / f"{name}.yaml").read_text(), models))
        yield Trial(f"{name}, paths changed", path, data=["data", str(example)])


def with_runs(text: str, models: Sequence[str]) -> str:
    """Return a card or its script with other paths, and with other models in its sweeps."""
    text = text.replace("./data/crfm-helm-public/lite/benchmark_output", "./data/benchmark_output")
    text = text.replace("mmlu*model=meta_*llama*", "mmlu*")
    lists = re.compile(r"((?:^ +- meta/llama\S+\n)+)", re.MULTILINE)

    def other(found: re.Match[str]) -> str:
        indent = found[1][: found[1].index("-")]
        return "".join(f"{indent}- {model}\n" for model in models)

    return lists.sub(other, text)


def written(path: Path, card: Mapping[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(dict(card), sort_keys=False))
    return path


def run_magnet(python: Path, trial: Trial, work: Path) -> Outcome:
    is_new = "kwdagger" in yaml.safe_load(trial.card.read_text())
    out = work / "magnet_out" / re.sub(r"\W+", "_", trial.name)  # kwdagger's shell takes it apart
    command = [python, "-m", "magnet", "evaluate_new" if is_new else "evaluate", trial.card]
    command += ["--output_path", out, *(["--backend", "serial"] if is_new else [])]
    path = f"{python.parent}:/usr/bin:/bin"
    environment = {"PATH": path, "HOME": str(work)}
    ended = subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    found = sorted(path for path in out.glob("*_*/verdict.json"))
    if not found:
        assert ended.returncode != 0, ended.stdout
        return Outcome(None)
    return outcome(found[-1])


def run_ours(trial: Trial, work: Path) -> Outcome:
    out = work / "our_out" / trial.name
    command = [RUNNER, "card", "run", trial.card, "-o", out, "--json"]
    for each in trial.data:
        command += ["--data", each]
    ended = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if ended.returncode == BAD_SUITE:
        print(f"    the runner says: {ended.stderr.strip().splitlines()[-1][:200]}")
        return Outcome(None)
    assert ended.returncode in (0, 6), ended.stderr
    return outcome(Path(work, json.loads(ended.stdout)["directory"], "verdict.json"))


def outcome(path: Path) -> Outcome:
    found = json.loads(path.read_text())
    cells: Counter[str] = Counter()
    for cell in found["claims"]:
        record = json.loads((path.parent / "results" / cell / "verdict.json").read_text())
        symbols = {k: v for k, v in record["symbols"].items() if k not in VOLATILE}
        output = NOT_FOUND.sub(r"\1", record["output"])
        cells[json.dumps([record["status"], output, symbols], sort_keys=True)] += 1
    metrics = {k: v for k, v in found.get("metrics", {}).items() if k not in VOLATILE}
    return Outcome(found["result"], cells, metrics)


def counts(cells: Counter[str]) -> str:
    verdicts: Counter[str] = Counter()
    for cell, count in cells.items():
        verdicts[json.loads(cell)[0]] += count
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())) or "-"


def main(magnet_python: Path, runs: Path | None) -> int:
    """Compare all cards; return the exit code."""
    place = "import magnet, pathlib; print(pathlib.Path(magnet.__file__).parent)"
    asked = subprocess.run([magnet_python, "-c", place], capture_output=True, text=True, check=True)
    magnet, differing = Path(asked.stdout.strip()), 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        trials = [*shipped_cards(magnet), *own_cards(work)]
        trials += llama_cards(magnet, runs, work) if runs is not None else []
        for trial in trials:
            theirs = run_magnet(magnet_python, trial, work)
            ours = run_ours(trial, work)
            is_same = ours == theirs and (theirs.verdict is None) == trial.expects_abort
            differing += not is_same
            print(f"{'same' if is_same else 'DIFFERENT'}: {trial.name}", flush=True)
            for name, found in (("MAGNET", theirs), ("runner", ours)):
                verdict = found.verdict or "aborted"
                total = found.cells.total()
                metrics = ", ".join(f"{k} {v:.6g}" for k, v in found.metrics.items())
                print(f"    {name}: {verdict}, {total} cells: {counts(found.cells)} {metrics}")
            for only, cells in (
                ("MAGNET", theirs.cells - ours.cells),
                ("the runner", ours.cells - theirs.cells),
            ):
                for cell in cells:
                    print(f"    only in {only}: {cell[:400]}")
    print(f"{len(trials)} cards, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
