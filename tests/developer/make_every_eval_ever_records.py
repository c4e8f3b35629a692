"""Make tests/data/every_eval_ever.tar.xz again: the demo's runs, by the real converter.

Those of SmolLM2 are left out: the converter wants its tokenizer from a hub.

It needs Python 3.12 and the parts of HELM that read runs, in an environment of its own:

    python3.12 -m venv build/eee
    build/eee/bin/pip install every-eval-ever==0.3.0
    build/eee/bin/pip install --no-deps crfm-helm==0.5.16
    build/eee/bin/pip install 'cattrs~=22.2' dacite mako pyhocon pyyaml tqdm 'zstandard~=0.18.0' \
        colorlog retrying filelock sqlitedict numpy requests 'bottle~=0.12.23' datasets scipy nltk \
        ubelt uncertainty-calibration rouge-score
    build/eee/bin/python tests/developer/make_every_eval_ever_records.py tests/data
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

DEMO = Path(__file__).parents[2] / "runner" / "demo_suite.tar.xz"


def main(target: Path) -> None:
    """Convert the demo's runs, and pack the records."""
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(DEMO) as archive:
            archive.extractall(scratch, filter="data")
        for run in Path(scratch, "benchmark_output", "runs", "demo").glob("*model=huggingface*"):
            shutil.rmtree(run)
        converter = Path(sys.executable).with_name("every_eval_ever")
        command = [converter, "convert", "helm", "--log_path", "benchmark_output/runs/demo"]
        command += ["--output_dir", "every_eval_ever", "--eval_library_version", "0.5.16"]
        subprocess.run(command, cwd=scratch, check=True)
        with tarfile.open(target / "every_eval_ever.tar.xz", "w:xz") as archive:
            archive.add(f"{scratch}/every_eval_ever", "every_eval_ever", filter=_without_owner)


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
