"""``runner suite fetch``: HELM's public results into a benchmark_output."""

from pathlib import Path

from runner.cli.echo import echo, echo_json
from runner.cli.live.terminal import open_display
from runner.errors import UsageError
from runner.files.remote_folders import RemoteFolder
from runner.importing.fetching import fetch_runs, list_projects, list_runs, list_versions
from runner.untrusted import printable


def fetch(
    project: str | None,
    version: str | None,
    pattern: str | None,
    source: str,
    out: Path,
    as_json: bool,
) -> int:
    """List what there is, or fetch the runs that are asked for."""
    if pattern is not None and (project is None or version is None):
        raise UsageError("--runs needs a project and a version, e.g. lite v1.0.0.")
    store = RemoteFolder(source)
    if project is None or version is None or pattern is None:
        _list(store, project, version, as_json)
        return 0
    fetched = fetch_runs(store, project, version, pattern, out, open_display())
    if as_json:
        document = {
            "directory": str(fetched.directory),
            "runs": list(fetched.new),
            "kept": fetched.kept,
            "bytes": fetched.bytes,
        }
        echo_json(document)
        return 0
    kept = f", {fetched.kept} were there already" if fetched.kept else ""
    echo(f"{fetched.directory}: {len(fetched.new)} runs, {fetched.bytes / 1e6:.1f} MB{kept}")
    return 0


def _list(store: RemoteFolder, project: str | None, version: str | None, as_json: bool) -> None:
    if project is None:
        names = list_projects(store)
    elif version is None:
        names = list_versions(store, project)
    else:
        names = list_runs(store, project, version)
    if as_json:
        echo_json(names)
        return
    for name in names:
        echo(printable(name))
