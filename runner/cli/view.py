"""``runner view``."""

import secrets
from contextlib import suppress
from pathlib import Path

from runner.cli.echo import echo
from runner.errors import UsageError
from runner.pages.page import require_pages
from runner.view.server import TOKEN_BYTES, ViewServer

POLL_SECONDS = 0.2


def view(directory: Path, port: int | None) -> int:
    """Serve the pages of what lies below a folder until Ctrl-C."""
    if not directory.is_dir():
        raise UsageError(
            f"{directory}: no such folder. `runner evaluate` writes reports below results; name "
            "any folder of reports, suites or cards."
        )
    require_pages()  # now, and not in the browser
    # From here, as each page is made wherever the process is by then.
    root = directory.absolute()
    with ViewServer(root, port or 0, secrets.token_urlsafe(TOKEN_BYTES)) as server:
        echo(f"view: {server.url}")
        echo("Only who has this address can open it. Ctrl-C ends it.", err=True)
        with suppress(KeyboardInterrupt):  # the way to end it: nothing is cut off
            server.serve_forever(POLL_SECONDS)
    return 0
