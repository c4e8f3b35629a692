"""Evidence as pandas' frames, each read when it is first asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def read_frame(path: Path) -> Any:
    """Return the frame in a Parquet file."""
    import pandas as pd  # noqa: PLC0415  (only symbols that are evidence need it)

    return pd.read_parquet(path)


class Frames(Mapping[str, Any]):
    """Frames by name, or mappings of them."""

    def __init__(self, folder: Path, places: Mapping[str, Any]) -> None:
        self._folder, self._places = folder, places
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._read:
            place = self._places[name]
            is_frame = isinstance(place, str)
            path = self._folder / place if is_frame else self._folder
            self._read[name] = read_frame(path) if is_frame else Frames(path, place)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
