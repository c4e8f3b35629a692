"""Folders that the package carries beside its code: below it in a wheel, at the checkout's top."""

from pathlib import Path

import runner

_PACKAGE = Path(runner.__file__).parent

TEMPLATES = ("python", "node", "r", "shell")
"""The languages of the predictors that ``runner init`` makes."""


def template_folder(language: str) -> Path:
    """Return the predictor that ``runner init`` copies."""
    return _carried("predictor_template") / language


def base_image_folder(language: str) -> Path:
    """Return the folder of the base image of predictors in a language."""
    return _carried("images/base" if language == "python" else f"images/base_{language}")


def debian_script() -> Path:
    """Return the script that makes the file system of an image from Debian's packages."""
    return _carried("setup") / "debian_root.sh"


def _carried(name: str) -> Path:
    in_wheel = _PACKAGE / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name
