"""The example notebook runs from its first cell to its last."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def execute(notebook: Path, into: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jupyter", "execute", str(notebook), f"--output={into}"]
    return subprocess.run(
        command,
        cwd=ROOT / "examples",
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_notebook_ends_with_a_plot_of_a_scored_predictor(tmp_path: Path) -> None:
    ended = execute(NOTEBOOK, tmp_path / "executed.ipynb")
    assert ended.returncode == 0, ended.stderr
    cells = json.loads((tmp_path / "executed.ipynb").read_text())["cells"]
    shown = [set(out.get("data", ())) for cell in cells for out in cell.get("outputs", ())]
    assert any("text/html" in each for each in shown)
    assert "image/png" in shown[-1]


def test_control_a_cell_that_fails_is_told(tmp_path: Path) -> None:
    broken = json.loads(NOTEBOOK.read_text())
    broken["cells"] = [cell for cell in broken["cells"] if cell["cell_type"] == "code"][:1]
    broken["cells"][0]["source"] = "raise ValueError('broken')"
    (tmp_path / "broken.ipynb").write_text(json.dumps(broken))
    assert execute(tmp_path / "broken.ipynb", tmp_path / "executed.ipynb").returncode != 0
