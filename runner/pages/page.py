"""A page as one file: a template, its data, and the only scripts and styles it may use."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import UsageError
from runner.files.regular_files import refuse_other_kind
from runner.files.whole_writes import whole_file
from runner.pages.extra import needs_html_extra
from runner.untrusted import printable

if TYPE_CHECKING:
    import jinja2

TEMPLATES = "runner.pages"

TABLE_SCRIPTS = ("../vendor/dataTables.min.js", "tables.js")
"""What a page with ``drawTable`` needs."""

SHORT_DIGEST = 19
"""``sha256:`` and twelve digits, as Docker shows an image."""


_BEGINNING = b"<!doctype html>"


def render_page(
    template: str,
    context: Mapping[str, Any],
    scripts: Sequence[str] = (),
    data: Mapping[str, Any] | None = None,
    *,
    is_live: bool = False,
) -> str:
    """Return a page's HTML.

    Every text of the context is escaped, and characters that are not printable are shown by their
    code. The page's Content-Security-Policy names its own scripts and styles by their hashes: no
    other script runs, and the page requests nothing.

    Args:
        template: a file's name in ``templates``.
        scripts: JavaScript, run at the end of the page in this order.
        data: by the id of the element that holds it as JSON.
        is_live: whether the page may ask the server that it came from for news.

    Raises:
        UsageError: the html extra is not installed.
    """
    style = asset("style.css")
    policy = [
        "default-src 'none'",
        f"script-src {' '.join(map(_source_hash, scripts))}" if scripts else "script-src 'none'",
        f"style-src {_source_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        *(["connect-src 'self'"] if is_live else []),
    ]
    return (
        _environment()
        .get_template(template)
        .render(
            **context,
            content_security_policy="; ".join(policy),
            style=_trusted(style),
            scripts=[_trusted(script) for script in scripts],
            data={name: _trusted(_json(value)) for name, value in (data or {}).items()},
        )
    )


def require_pages() -> None:
    """Raise UsageError if no page can be made, because the html extra is not installed."""
    _environment()


def write_page(path: Path, html: str, *, is_private: bool = False) -> None:
    """Write a page completely, or not at all.

    Args:
        is_private: whether only the user may read it, because it has actuals.

    Raises:
        UsageError: the file can't be written, or one that is no page is in its place.
    """
    try:
        refuse_other_kind(path, _BEGINNING)
        # Not durable: it can be made again.
        with whole_file(path, is_durable=False, is_private=is_private) as file:
            file.write(html.encode())
    except OSError as error:
        raise UsageError(
            f"{path}: the page can't be written ({error.strerror}). Free space or name another "
            "place with --out."
        ) from error


def asset(name: str) -> str:
    """Return a script or a style of this package."""
    return files(TEMPLATES).joinpath("templates", name).read_text(encoding="utf-8")


def _trusted(text: str) -> Any:
    """Return the runner's own text, marked as not to be escaped."""
    import markupsafe  # noqa: PLC0415  (comes with jinja2, which is optional)

    return markupsafe.Markup(text)  # noqa: S704  (of this package, or JSON without a "<")


def _json(value: Any) -> str:
    """Return JSON that can't close the HTML element that holds it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _source_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@lru_cache(1)
def _environment() -> "jinja2.Environment":
    try:
        import jinja2  # noqa: PLC0415  (optional: what is printed as text does without)
    except ImportError as error:
        raise needs_html_extra() from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
    )
    environment.filters["number"] = number
    environment.filters["short_digest"] = lambda text: text.rpartition("@")[2][:SHORT_DIGEST]
    return environment


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with this many decimals, or a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"  # noqa: RUF001  (a dash)
