"""The variables that an image's Dockerfile sets, for a predictor that runs without its image."""

import re
import shlex
from pathlib import Path

from runner.authoring.context_files import DOCKERFILE, reading

IMAGE_FOLDER = "/opt/predictor"
"""Where the folder is in an image."""


def image_variables(folder: Path, copy: Path) -> dict[str, str]:
    """Return the variables of the Dockerfile's ENV lines, as the copy of the folder needs them.

    Of paths below ``/opt/predictor`` they have those below the copy. What names other variables or
    can't be read is left out: the build says what is wrong with it.

    Raises:
        UsageError: the Dockerfile can't be read.
    """
    path = folder / DOCKERFILE
    if not path.is_file():
        return {}
    with reading(path):
        text = path.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    variables: dict[str, str] = {}
    for line in re.findall(r"^\s*ENV\s+(.+)$", text, re.IGNORECASE | re.MULTILINE):
        try:
            words = shlex.split(line)
        except ValueError:  # a quote that does not end
            continue
        if "=" not in words[0]:  # the old form: ENV NAME VALUE
            words = [f"{words[0]}={' '.join(words[1:])}"]
        for word in words:
            name, _, value = word.partition("=")
            if "$" not in value:
                variables[name] = value.replace(IMAGE_FOLDER, str(copy))
    return variables
