"""Archives unpacked, also by Python before 3.11.4 (Debian 12 has 3.11.2), which has no filters."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack(archive: tarfile.TarFile, directory: Path) -> None:
    """Write the files of an archive below a directory, with modes that the umask gives.

    Raises:
        tarfile.TarError: a member is neither a file nor a directory, or lies outside.
    """
    for member in archive:
        name = PurePosixPath(member.name)
        content = archive.extractfile(member) if member.isreg() else None
        if name.is_absolute() or ".." in name.parts or not (content or member.isdir()):
            raise tarfile.ExtractError(f"{member.name!r:.80}: not a file below the archive's root")
        place = directory / name
        if content is None:
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            shutil.copyfileobj(content, file)
