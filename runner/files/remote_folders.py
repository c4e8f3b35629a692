"""Folders at a URL that are only read: what is in them, and copies of their files on this disk."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from runner.code_version import install_command
from runner.errors import SuiteError, UsageError
from runner.files.stores import refuse_empty_place, telling

GOOGLE = ("gs://", "gcs://")
ANONYMOUS: Mapping[str, Any] = {"token": "anon"}
"""An option of Google's driver: a public bucket is read without an account."""


@dataclass(frozen=True)
class RemoteFile:
    """A file at a URL, as its store lists it: md5 in hexadecimal, or None if the store has none."""

    path: str
    size: int
    md5: str | None

    def is_at(self, path: Path) -> bool:
        """Return whether a file on this disk has the size and the digest that the store lists."""
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        with path.open("rb") as file:
            return self.md5 in (None, hashlib.file_digest(file, _md5).hexdigest())


class RemoteFolder:
    """A folder at a URL.

    Raises:
        UsageError: it is empty, its driver is not installed, or its server can't be reached.
    """

    def __init__(self, url: str) -> None:
        refuse_empty_place(url)
        self.url = url.rstrip("/")
        is_google = url.startswith(GOOGLE)
        with telling(url):
            try:
                from fsspec.core import url_to_fs  # noqa: PLC0415  (optional)

                store, root = url_to_fs(self.url, **(ANONYMOUS if is_google else {}))
            except ImportError as error:
                extra = install_command("gcs" if is_google else "remote")
                raise UsageError(
                    f"{url}: it needs packages that are not installed here ({error}). Install what "
                    f"is named there, and: {extra}"
                ) from error
        self._store, self._root = store, str(root)
        self._is_quoted = url.startswith(("http://", "https://"))

    def folders(self, path: str = "") -> list[str]:
        """Return the names of the folders below a path, sorted."""
        return sorted(self._name(each) for each in self._list(path) if each["type"] == "directory")

    def files(self, path: str) -> dict[str, RemoteFile]:
        """Return the files right below a path, by their names."""
        return {
            self._name(each): RemoteFile(each["name"], self._size(each), _listed_md5(each))
            for each in self._list(path)
            if each["type"] == "file"
        }

    def _size(self, listed: Mapping[str, Any]) -> int:
        """Return the size of a file; a page of links (https) does not list it."""
        size = listed["size"]
        if size is None:
            with telling(str(listed["name"])):
                size = self._store.info(listed["name"])["size"]
        if size is None:
            raise UsageError(f"{listed['name']}: its server does not tell how large it is.")
        return int(size)

    def copy(self, files: Mapping[Path, RemoteFile]) -> None:
        """Copy files to their places on this disk, in parallel if the driver can.

        Raises:
            UsageError: the store can't be read.
            SuiteError: what came has another size or digest than the store lists.
        """
        with telling(self.url):
            # With two lists, no name is taken for a pattern.
            self._store.get([each.path for each in files.values()], [str(path) for path in files])
        for path, file in files.items():
            if not file.is_at(path):
                raise SuiteError(
                    f"{file.path}: what was fetched has not the size and the digest that its store "
                    "lists. Run the same command again: it continues from here."
                )

    def _list(self, path: str) -> list[dict[str, Any]]:
        below = quote(path) if self._is_quoted else path
        place = f"{self._root.rstrip('/')}/{below}".rstrip("/") + "/" * self._is_quoted
        missing = None
        with telling(f"{self.url}/{path}"):
            try:
                listed: list[dict[str, Any]] = self._store.ls(place, detail=True)
            except (FileNotFoundError, NotADirectoryError) as error:
                missing = error
        if missing is not None:
            raise UsageError(
                f"{self.url}/{path}: there is no such folder. Leave the last part away to see "
                "which there are."
            ) from missing
        own = place.strip("/")
        return [
            each
            for each in listed
            if str(each["name"]).strip("/") != own
            # A page of links may lead elsewhere, or sort itself.
            and (not self._is_quoted or str(each["name"]).startswith(place))
            and not (self._is_quoted and "?" in str(each["name"]))
        ]

    def _name(self, listed: Mapping[str, Any]) -> str:
        """Return the last part of a listed name, which makes a name of a file here.

        Raises:
            UsageError: it would be a place outside the folder that it is written to.
        """
        name = PurePosixPath(str(listed["name"]).rstrip("/")).name
        name = unquote(name) if self._is_quoted else name
        if name in ("", ".", "..") or "/" in name or not name.isprintable():
            raise UsageError(f"{listed['name']!r:.200}: this name can't be that of a file here.")
        return name


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _listed_md5(listed: Mapping[str, Any]) -> str | None:
    """Return the md5 that a store lists: Google's is in base64."""
    given = listed.get("md5Hash")
    return base64.b64decode(given).hex() if isinstance(given, str) else None
