"""The program ``runner``: Ctrl-C while it still loads ends it as at any later time."""

import sys
from typing import NoReturn

INTERRUPTED = 130
"""As ``ExitCode`` has it, which is still to be loaded."""


def start() -> NoReturn:
    """Load the commands, run the one that is asked for, and exit with its code."""
    try:
        from runner.cli.main import main  # noqa: PLC0415  (the loading itself may be interrupted)
    except KeyboardInterrupt:
        if "--json" in sys.argv:  # what else prints is still to be loaded
            print(f'{{"error": "Interrupted.", "exit_code": {INTERRUPTED}}}')  # noqa: T201
        sys.exit(INTERRUPTED)
    main()
