"""Folders that the package carries beside its code: below it in a wheel, at the checkout's top."""

import errno
import os
import re
import shutil
from pathlib import Path

import runner
from runner.files.whole_writes import unfinished_directory

_MADE_BY_TOOLS = shutil.ignore_patterns("__pycache__", ".*_cache")

_ERROR_NUMBER = re.compile(r"\[Errno (\d+)\]")

_PACKAGE = Path(runner.__file__).parent

TEMPLATES = ("python", "node", "r", "shell")
"""The languages of the predictors that ``runner init`` makes."""


def template_folder(language: str) -> Path:
    """Return the predictor that ``runner init`` copies."""
    return _carried("predictor_template") / language


def copy_template(language: str, directory: Path) -> None:
    """Copy a template into a folder that is new or empty; the folder keeps its own mode.

    Raises:
        OSError: it can't be written; nothing is left in it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with unfinished_directory(directory / language) as unfinished:
        copied = unfinished / "files"
        try:
            shutil.copytree(template_folder(language), copied, ignore=_MADE_BY_TOOLS)
        except shutil.Error as error:  # a list of texts, one for each file
            found = _ERROR_NUMBER.search(str(error))
            number = int(found[1]) if found else errno.EIO
            raise OSError(number, os.strerror(number), str(directory)) from error
        for each in copied.iterdir():
            each.rename(directory / each.name)


def base_image_folder(language: str) -> Path:
    """Return the folder of the base image of predictors in a language."""
    return _carried("images/base" if language == "python" else f"images/base_{language}")


def debian_script() -> Path:
    """Return the script that makes the file system of an image from Debian's packages."""
    return _carried("setup") / "debian_root.sh"


def _carried(name: str) -> Path:
    in_wheel = _PACKAGE / name
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name
