"""What to do about an error of the engine's builder. Pure."""

import re

from runner.authoring.context_files import REQUIREMENTS
from runner.authoring.dockerfile import PACKAGES

_MISSING_SOURCE = re.compile(
    r"(?:COPY|ADD) failed: file not found in build context .*: stat ([^:\n]+): file does not exist"
)


def advise_on_build(said: str) -> str:
    """Return what to add to the builder's words; empty if they say all."""
    match = _MISSING_SOURCE.search(said)
    if match is None:
        return ""
    name = match[1].rstrip("/")
    if name.split("/")[0] == "node_modules":
        return (
            "\nA build has no network: run `npm ci --ignore-scripts` in the folder before, which "
            "fetches node_modules."
        )
    if name.split("/")[0] == PACKAGES:
        return (
            f"\n{PACKAGES}/ holds what {REQUIREMENTS} names: name the package there that has "
            f"{name.partition('/')[2] or 'the files'}."
        )
    return f"\nThe folder has no {name}, or .dockerignore names it."
