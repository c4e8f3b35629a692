"""Writes those parts of the pages that come from the code: `python docs/generated.py`.

A test generates them again and compares.
"""

import contextlib
import dataclasses
import io
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from runner.authoring.trial_case import staged_case
from runner.contract import Manifest, layout
from runner.contract.frames import read_cells
from runner.contract.limits import Limits
from runner.contract.stat import STAT_VALUES
from runner.suites.staged_files import STAGED_FILES, StagedFile

DOCS = Path(__file__).parent
EXECUTED = ("inputs.md",)
LONGEST_EXAMPLE = 60

_NESTED = {"list": "list", "struct": "object"}

_BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n.*?^```\n)?", re.DOTALL | re.MULTILINE)


def execute_page(page: str, input_dir: Path) -> str:
    """Return a page with each Python block followed by what it prints, one after the other."""
    names: dict[str, Any] = {}

    def run(block: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block[1], names)  # noqa: S102  (our own page)
        lines = [line.rstrip() for line in printed.getvalue().splitlines()]
        shown = "\n```text\n" + "\n".join(lines) + "\n```\n" if lines else ""
        return f"```python\n{block[1]}```\n{shown}"

    with contextlib.chdir(input_dir.parent):
        return _BLOCK.sub(run, page)


def contract_page(input_dir: Path) -> str:
    """Return the reference of the contract: its files, and each column with an example."""
    sections = [
        "# The contract\n",
        "<!-- Written by docs/generated.py. -->\n",
        f"Version {layout.CONTRACT_VERSION}. The examples are from a case of the demo suite.\n",
        _inputs_section(input_dir),
        RUN_IN_WORDS,
        FRAMES_IN_WORDS,
        *(_frame_section(input_dir, file) for file in STAGED_FILES.values() if not file.asked_by),
        _rest_of_inputs(),
        _output_section(),
    ]
    return "\n".join(sections)


RUN_IN_WORDS = f"""## How it is run

For each case the image's ENTRYPOINT and CMD are started once, in a new container. Exit code 0 says
that the output is complete. No other means reach the outside: there is no network.

- The user is a number without a name, another in each container, and never root; the image's USER
  has no effect. So your files in the image must be readable for everyone.
- Only {layout.OUTPUT_DIR}, /tmp and /dev/shm can be written. /tmp is HOME and TMPDIR, empty at the
  start, in memory, and `noexec`, as {layout.OUTPUT_DIR} is: no program or library that is unpacked
  there can be run. Have them in the image.
- `runner try` sets `{layout.INPUT_DIR_VARIABLE}` and `{layout.OUTPUT_DIR_VARIABLE}` to folders
  that it uses in place of {layout.INPUT_DIR} and {layout.OUTPUT_DIR}; a container has neither.
"""

FRAMES_IN_WORDS = """## The frames

Parquet files, for any reader that knows the compression Zstandard (ZSTD) and nested lists. The dots
in a column's name, e.g. `stats.name.split`, are part of it: only what has the type list is nested,
e.g. `completions`, each of which has a list of `tokens`. All integers have 64 bits. Any cell may be
null. Another suite has other columns below `args`.

Values without a fixed type in HELM have Parquet's type JSON, also
inside lists, e.g. `args` in `run_spec.metric_specs`, or a whole column whose values have different
types. `runner.contract` returns them as values, as MAGNET does. DuckDB knows the type JSON; pandas
and R get a text, Polars gets bytes.
"""


def _inputs_section(input_dir: Path) -> str:
    manifest = json.loads((input_dir / layout.MANIFEST).read_bytes())
    about = dict(re.findall(r"^ +(\w+): (.*)$", str(Manifest.__doc__), re.MULTILINE))
    fields = [field.name for field in dataclasses.fields(Manifest)]
    rows = [f"| `{name}` | {about[name]} | {_example(manifest[name])} |" for name in fields]
    return "\n".join(
        [
            f"## {layout.INPUT_DIR}/{layout.MANIFEST}\n",
            "| field | what it is | example |\n|---|---|---|",
            *rows,
            "\nThe default limits; a suite may set others:\n",
            "| limit | default |\n|---|---|",
            *(f"| `{name}` | {value} |" for name, value in Limits().to_json().items()),
            "",
        ]
    )


def _frame_section(input_dir: Path, file: StagedFile) -> str:
    table = pq.read_table(input_dir / file.path)
    rows = []
    for column in table.column_names:
        cells = (cell for cell in read_cells(table[column]) if cell not in (None, [], {}))
        kind = str(table.schema.field(column).type)
        kind = "list" if kind.startswith("list") else "JSON" if "arrow.json" in kind else kind
        rows.append(f"| `{column}` | {kind} | {_example(next(cells, None))} |")
    heading = f"## {layout.INPUT_DIR}/{file.path}\n\n{file.rows}\n"
    return "\n".join([heading, "| column | type | example |\n|---|---|---|", *rows, ""])


def _rest_of_inputs() -> str:
    scores = STAGED_FILES[layout.EVAL_PER_INSTANCE_STATS]
    file = STAGED_FILES[layout.EVAL_INSTANCE_TARGETS]
    names = [name for columns in file.columns for name in columns.names]
    key = [name for name in names if not name.endswith(".")]
    return "\n".join(
        [
            f"## {layout.INPUT_DIR}/{scores.path}\n",
            f"{scores.rows} Its columns are those of `{layout.TRAIN_PER_INSTANCE_STATS}`.\n",
            f"## {layout.INPUT_DIR}/{file.path}\n",
            file.rows,
            f"Its columns are {', '.join(f'`{name}`' for name in key)}, and, with the prefix",
            f"`{layout.INSTANCE_STAT_NAME_PREFIX}`, the columns of a stat's name.\n",
            f"## {layout.INPUT_DIR}/{layout.ASSETS}/\n",
            "Files of the suite itself, if it has any, e.g. a model's weights: read-only, and the",
            "same for all cases.\n",
        ]
    )


def _output_section() -> str:
    name = {"name": "predicted_exact_match", "split": "test"}
    stat = {"name": name, "mean": 0.75}
    entry = {"instance_id": "id3", "train_trial_index": 0, "stats": [stat]}
    return "\n".join(
        [
            f"## {layout.OUTPUT_DIR}/{layout.PREDICTIONS}\n",
            f"```json\n{_document([stat])}\n```\n",
            "A file of JSON in UTF-8. A predicted stat is a HELM `Stat`. Its `name.name` is the",
            f"target's with `{layout.PREDICTED_PREFIX}` before it; the other fields of its name",
            "equal the target's: its columns after `stats.name.`, nested at each dot, so that",
            '`stats.name.perturbation.prob` becomes `"perturbation": {"prob": 0.5}`.',
            f"Its numbers are {', '.join(f'`{value}`' for value in STAT_VALUES)};",
            "`mean` is required. A null means the same as an absent field. Every target is",
            f"predicted exactly once. Numbers are finite and at most {layout.LARGEST_NUMBER:g}.\n",
            f"## {layout.OUTPUT_DIR}/{layout.INSTANCE_PREDICTIONS}\n",
            "Needed if there are instance targets: HELM's `PerInstanceStats`.\n",
            f"```json\n{_document([entry])}\n```\n",
        ]
    )


def _document(entries: list[Any]) -> str:
    document = {"contract_version": 1, "predictions": {"RUN_SPEC_NAME": entries}}
    return json.dumps(document, indent=2)


def _example(value: Any) -> str:
    text = json.dumps(value)
    cut = text if len(text) <= LONGEST_EXAMPLE else text[:LONGEST_EXAMPLE] + "..."
    return "" if value is None else "`" + cut.replace("|", "\\|").replace("`", "'") + "`"


def pages() -> dict[str, str]:
    """Return the text of each generated page by its name."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        with staged_case("demo", None, None, None) as case:
            made = {
                name: execute_page((DOCS / name).read_text(encoding="utf-8"), case.input_dir)
                for name in EXECUTED
            }
            made["contract.md"] = contract_page(case.input_dir)
    return made


if __name__ == "__main__":
    for page_name, text in pages().items():
        (DOCS / page_name).write_text(text, encoding="utf-8")
