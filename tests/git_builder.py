"""Builders of git repositories: an organizer's, and what participants ask to have merged."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "someone"), ("EMAIL", "someone@example.org"))
}


def git(repository: Path, *arguments: str) -> str:
    """Run git and return what it printed."""
    ended = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        env={**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": "/dev/null"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def make_repository(directory: Path, files: Mapping[str, str]) -> Path:
    """Return a new repository with one commit of these files, on the branch ``main``."""
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "--quiet", "--initial-branch", "main")
    commit(directory, files)
    return directory


def commit(repository: Path, files: Mapping[str, str | None]) -> str:
    """Write files, or remove those of None, commit everything, and return the commit."""
    for name, text in files.items():
        path = repository / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "a change")
    return git(repository, "rev-parse", "HEAD")
