"""The pages of ``runner view`` that are of no file: the list, and a batch that runs."""

from collections.abc import Mapping
from typing import Any

from runner.pages.page import asset, render_page


def list_page(folder: str, version: str, content: Mapping[str, Any]) -> str:
    """Return the HTML of the list.

    Args:
        folder: what is below it is listed.
        version: the runner's.
        content: ``batches``, ``boards``, ``reports``, ``suites`` and ``cards``; of ledgers
            ``told``, ``closed`` and ``ended``; ``unreadable`` folders, each with its reason;
            ``is_cut`` if there was too much to look through.
    """
    return render_page("list.html.j2", {"folder": folder, "runner_version": version, **content})


def batch_page(folder: str, version: str, content: Mapping[str, Any]) -> str:
    """Return the HTML of a batch's page, which asks the server for news.

    Args:
        folder: that of the batch's reports.
        version: the runner's.
        content: what is to be seen now, with the address of the ``list`` and of the ``events``.
    """
    context = {"folder": folder, "runner_version": version, "list": content["list"]}
    return render_page(
        "batch.html.j2", context, [asset("batch.js")], {"data": content}, is_live=True
    )
