"""Files that many containers share, as a tar."""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from typing import BinaryIO

from runner.files.shared_files import SharedFiles


@dataclass(frozen=True)
class Content:
    """A file in memory."""

    content: bytes

    @property
    def size(self) -> int:
        """Return its size."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        """Return its digest."""
        return hashlib.sha256(self.content).hexdigest()

    def write_to(self, file: BinaryIO) -> None:
        """Write it."""
        file.write(self.content)


def test_a_tar_has_the_files_their_folders_and_nothing_of_this_machine() -> None:
    contents = {"deep/model/w.bin": b"x" * 1000, "a.txt": b"", "deep/b": b"y" * 512}
    buffer = io.BytesIO()
    SharedFiles({name: Content(each) for name, each in contents.items()}).write_archive(buffer)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        found = {
            member.name: file.read()
            for member in tar.getmembers()
            if (file := tar.extractfile(member)) is not None
        }
        assert found == contents
        folders = [member for member in tar.getmembers() if member.isdir()]
        assert [folder.name for folder in folders] == ["deep", "deep/model"]
        assert {(member.uid, member.mtime, member.uname) for member in tar} == {(0, 0, "")}


def test_other_bytes_or_names_are_another_digest() -> None:
    first = SharedFiles({"a": Content(b"1")})
    assert first.digest == SharedFiles({"a": Content(b"1")}).digest
    assert first.digest != SharedFiles({"a": Content(b"2")}).digest
    assert first.digest != SharedFiles({"b": Content(b"1")}).digest
