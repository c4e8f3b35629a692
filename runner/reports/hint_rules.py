"""The classic faults of predictors: how a line of the log shows them, and what to do.

The first rules are the most certain ones. A pattern should name its fault beyond doubt: a wrong
hint costs its reader more than none.
"""

import re
from collections.abc import Callable, Mapping

from runner.contract.layout import COLUMN_NOTE

Advise = Callable[[re.Match[str]], str]

PACKAGES: Mapping[str, str] = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "google.protobuf": "protobuf",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "yaml": "pyyaml",
}
"""Python packages whose module has another name."""

LIBRARIES: Mapping[str, str] = {
    "libGL": "libgl1",
    "libX11": "libx11-6",
    "libgfortran": "libgfortran5",
    "libglib-2.0": "libglib2.0-0",
    "libgomp": "libgomp1",
    "libopenblas": "libopenblas0",
    "libquadmath": "libquadmath0",
    "libsndfile": "libsndfile1",
    "libsqlite3": "libsqlite3-0",
    "libxml2": "libxml2",
}
"""Debian's packages of shared libraries."""

_NO_NETWORK = (
    r"Temporary failure in name resolution|Name or service not known|Network is unreachable"
    r"|NameResolutionError|[Cc]ould not resolve host|Max retries exceeded with url"
    r"|\b(?:EAI_AGAIN|ENETUNREACH)\b|cannot open URL|OfflineModeIsEnabled|LocalEntryNotFoundError"
    r"|couldn't connect to 'https?://|We couldn't connect to"
)
_SHM = (
    r"SIGBUS|\b[Bb]us error\b|insufficient shared memory|/dev/shm\b.*No space left"
    r"|No space left.*/dev/shm\b|unable to (?:open|write|resize|mmap).*shared memory"
)
_SCRATCH = "/runner-scratch-"

READ_ONLY = (
    "Only /tmp and /output can be written to: put files below tempfile.gettempdir(), and make "
    "caches when the image is built."
)
NOEXEC = (
    "Nothing in /tmp can be executed or loaded as a library: put programs into the image, with "
    "COPY in the Dockerfile."
)
WRONG_BASE = (
    "The image does not hold the runner's Python and contract: the Dockerfile should say FROM "
    "runner-base, as that of `runner init DIR` does."
)


NO_VARIABLE = (
    "A container has no variable of your shell: set it with ENV in the Dockerfile. Never a secret: "
    "an image shows it to everyone."
)


def _missing_module(match: re.Match[str]) -> str:
    if match[1] is None:
        return "Name its package in requirements.txt, or COPY your own file in the Dockerfile."
    top = match[1].partition(".")[0]
    if top == "runner":
        return WRONG_BASE
    package = PACKAGES.get(match[1], PACKAGES.get(top))
    if package is not None:
        return f"Write {package} into requirements.txt, and build again."
    return (
        f"If it is a package: write {top} into requirements.txt. If it is a file of yours: "
        "COPY it in the Dockerfile. Then build again."
    )


def _missing_library(match: re.Match[str]) -> str:
    package = LIBRARIES.get(match[1].partition(".so")[0])
    named = "its Debian package" if package is None else package
    return f"It is a library of the system: write {named} into apt.txt, and build again."


def _missing_node_module(match: re.Match[str]) -> str:
    if match[1].startswith((".", "/")):
        return f"COPY {match[1]} in the Dockerfile, and see that .dockerignore does not name it."
    return (
        f"Fetch {match[1]} before the build, which has no network: `npm ci --ignore-scripts` in "
        "the predictor's folder, or `npm install` if package.json lacks it. COPY node_modules/ in "
        "the Dockerfile."
    )


def _no_permission(match: re.Match[str]) -> str:
    path = match[1]
    if _SCRATCH in path:  # runner try's copy of the folder, or its place of /tmp
        return NOEXEC if "/files/tmp/" in path else READ_ONLY
    if path.startswith("/tmp/"):  # noqa: S108  (a path in the container)
        return NOEXEC
    return (
        "The predictor runs as a user of its own. To let it read the file, run "
        f"`chmod -R a+rX` on the folder, and build again. To write it: {READ_ONLY}"
    )


def _missing_file(match: re.Match[str]) -> str:
    if match[1].startswith("/") and not match[1].startswith("/opt/"):
        return (
            "A container sees no files of this machine: put it into the folder, COPY it in the "
            "Dockerfile, and open it beside your code: Path(__file__).with_name(...). To write, "
            "take /tmp or /output."
        )
    return (
        f"The image has no {match[1]}: COPY it in the Dockerfile, see that .dockerignore does not "
        "name it, and open it beside your code: Path(__file__).with_name(...)."
    )


def _not_startable(match: re.Match[str]) -> str:
    if match[1].startswith("python"):
        return WRONG_BASE
    return (
        f"The image has no program {match[1]} that can be executed: see its ENTRYPOINT, and "
        "whether the Dockerfile copies the program and makes it executable."
    )


def _always(text: str) -> Advise:
    return lambda _match: text


RULES: tuple[tuple[re.Pattern[str], Advise], ...] = tuple(
    (re.compile(pattern), advise)
    for pattern, advise in (
        (
            rf"{COLUMN_NOTE}'([^']*)'",
            lambda match: f"Write '{match[1]}', or look at the frame's .columns.",
        ),
        (r"\bModuleNotFoundError\b(?:: No module named '([\w.]+)')?", _missing_module),
        (r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object file", _missing_library),
        (
            r"there is no package called .([\w.]+).",
            lambda match: (
                f"The image has no R package {match[1]}: write r-cran-{match[1].lower()} into "
                "apt.txt, and build again."
            ),
        ),
        (r"Cannot find (?:package|module) '([^']+)'", _missing_node_module),
        (
            _NO_NETWORK,
            _always(
                "A predictor has no network. Fetch the files before, COPY them in the Dockerfile, "
                "and read them beside your code; for Hugging Face set HF_HOME and HF_HUB_OFFLINE=1 "
                "with ENV."
            ),
        ),
        (r"Read-only file system|\bEROFS\b", _always(READ_ONLY)),
        (
            r"failed to map segment from shared object|(?:^|[\s'\"])/tmp/\S+: Permission denied",
            _always(NOEXEC),
        ),
        (r"\[Errno 13\] Permission denied: '([^']*)'", _no_permission),
        (
            _SHM,
            _always(
                "The limit shm_bytes of the suite says how much /dev/shm holds. Load data in one "
                "process (torch: num_workers=0), or share it through files in /tmp."
            ),
        ),
        (
            r"No space left on device|\bENOSPC\b",
            _always(
                "What can be written to, /tmp and /output, is in memory and small: the manifest's "
                "limits say how small. Keep less at a time."
            ),
        ),
        (
            r"can't start new thread|pthread_create failed|Resource temporarily unavailable",
            _always(
                "The limit of processes and threads is reached: start fewer, e.g. with ENV "
                "OMP_NUM_THREADS=1 in the Dockerfile."
            ),
        ),
        (r'exec: "([^"]+)": (?:executable file not found|permission denied|stat )', _not_startable),
        (
            r"()exec format error",
            _always(
                "The program is for another processor, or a script without a first line such as "
                "#!/bin/sh. Build the image for this engine's architecture."
            ),
        ),
        (
            r"(?:^|: )([\w./-]+): (?:command )?not found$",
            lambda match: (
                f"The image has no program {match[1]}: put it there with COPY, or by apt.txt."
            ),
        ),
        (
            r"predict\(\) must return (?:a list of Stat for each run|a dict of lists|Stat objects)",
            _always(
                "Return {run_name: [stat, ...]}: for each run a list, of what "
                "target.predicted(mean) returns."
            ),
        ),
        (
            r"(?:, stat .*: \w+|the mean) is -?(?:nan|inf), not a number",
            _always(
                "The mean of no values is NaN, and so is what is computed with it: decide what to "
                "predict where there is no data."
            ),
        ),
        (
            r"Fatal Python error: (?:Segmentation fault|Aborted|Illegal instruction)",
            _always(
                "A compiled library crashed, called from this line: see what it was given, and "
                "whether its version fits the others."
            ),
        ),
        (
            r"No CUDA GPUs are available|Found no NVIDIA driver|libcuda\.so",
            _always(
                "The container has no GPU: evaluate with --gpus 1, or load with map_location='cpu'."
            ),
        ),
        (
            r"No such file or directory: '/(?:in|out)put\b",
            _always(
                "Take the folders from the environment: RUNNER_INPUT_DIR, else /input, and "
                "RUNNER_OUTPUT_DIR, else /output."
            ),
        ),
        (r"\[Errno 2\] No such file or directory: '(?!/(?:in|out)put\b)([^']+)'", _missing_file),
        (
            r"^KeyError\b(?:: '([^']+)')?",
            _always(
                "A frame has no such column, or a dict no such key: look at the frame's .columns; "
                "docs/inputs.md names them."
            ),
        ),
    )
)
