"""What pages and plots need besides an ordinary installation."""

from runner.code_version import install_command
from runner.errors import UsageError


def needs_html_extra() -> UsageError:
    """Return the error for a page or a plot where the html extra is not installed."""
    return UsageError(f"Pages and plots need the html extra: {install_command('html')}")
