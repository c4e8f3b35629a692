"""The tar that carries input files into a container."""

import io
import tarfile
from collections.abc import Iterable, Mapping


def input_archive(files: Mapping[str, bytes], empty_folders: Iterable[str] = ()) -> bytes:
    """Return a tar of the files that reveals nothing else: owner root, no times, names sorted.

    Args:
        empty_folders: folders that have no files in this tar.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        above = {name.rsplit("/", 1)[0] for name in files if "/" in name}
        folders = sorted(above | set(empty_folders))
        for folder in folders:
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o555
            archive.addfile(member)
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o444
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()
