import os
import threading
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.files.written_files import append_text, write_file


def test_a_summary_is_added_to_what_others_wrote(tmp_path: Path) -> None:
    for text in ("first\n", "\xe4\n"):
        append_text(tmp_path / "folder" / "summary.md", text)
    assert (tmp_path / "folder" / "summary.md").read_bytes() == b"first\n\xc3\xa4\n"


def test_a_file_is_replaced_and_a_link_to_it_stays_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("earlier, and longer")
    (tmp_path / "link").symlink_to("file")
    write_file(tmp_path / "link", b"new", b"")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


def test_a_file_of_another_kind_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    with pytest.raises(UsageError, match="another path"):
        write_file(tmp_path / "file", b"<?xml ?>", b"<?xml")
    assert (tmp_path / "file").read_text() == "{}"
    (tmp_path / "file").write_text("<?xml earlier")  # the control
    write_file(tmp_path / "file", b"<?xml ?>", b"<?xml")
    assert (tmp_path / "file").read_text() == "<?xml ?>"


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"new", b"")
    reader.join(10)
    assert found == [b"new"]
    assert pipe.is_fifo()


def test_what_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="another path"):
        write_file(tmp_path / "file" / "below", b"", b"")
    with pytest.raises(UsageError, match="another path"):
        append_text(tmp_path / "file" / "below", "")
