import io
import itertools
import tarfile
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from runner.contract.limits import KIB, MIB, Limits
from runner.errors import EngineError
from runner.sandbox.output_archive import read_output

LIMITS = Limits(output_bytes=MIB, output_files=8)


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, len(content), link
    return member, content


def archive(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member, content in (entry("output", tarfile.DIRTYPE), *entries):
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def chunked(content: bytes, size: int = 1000) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def test_predictions_are_read_beside_other_files() -> None:
    tar = archive(
        entry("output/a", content=b"x" * 5000), entry("output/predictions.json", content=b"{}")
    )
    output = read_output(chunked(tar), LIMITS)
    assert output.files == {"predictions.json": b"{}"}
    assert (output.reasons, output.full) == ({}, False)


def test_two_wanted_files_are_read_each_with_its_own_fate() -> None:
    tar = archive(
        entry("output/instance_predictions.json", tarfile.SYMTYPE, link="predictions.json"),
        entry("output/predictions.json", content=b"{}"),
    )
    wanted = ("predictions.json", "instance_predictions.json")
    output = read_output(chunked(tar), LIMITS, wanted)
    assert output.files == {"predictions.json": b"{}"}
    reason = "/output/instance_predictions.json is not a regular file"
    assert output.reasons == {"instance_predictions.json": reason}


def test_control_a_file_that_is_not_wanted_is_not_kept() -> None:
    tar = archive(entry("output/instance_predictions.json", content=b"{}"))
    assert read_output(chunked(tar), LIMITS).files == {}


def test_two_wanted_files_share_one_bound() -> None:
    wanted = ("predictions.json", "instance_predictions.json")
    tar = archive(*(entry(f"output/{name}", content=b"x" * MIB) for name in wanted))
    output = read_output(chunked(tar), LIMITS, wanted)
    assert output.full
    assert output.files == {}
    assert set(output.reasons) == set(wanted)


def test_what_output_held_is_counted_in_pages_and_files() -> None:
    tar = archive(entry("output/a", content=b"x" * 5000), entry("output/b", tarfile.DIRTYPE))
    output = read_output(chunked(tar), LIMITS)
    assert (output.bytes_used, output.file_count) == (8 * KIB, 2)


@pytest.mark.parametrize(
    "place",
    ["output/output/predictions.json", "output/predictions.json.gz", "output/Predictions.JSON"],
)
def test_a_file_that_was_probably_meant_is_named(place: str) -> None:
    output = read_output(chunked(archive(entry(place, content=b"{}"))), LIMITS)
    reason = f"the predictor wrote no /output/predictions.json; what it wrote is '/{place}'"
    assert output.reasons == {"predictions.json": reason}


def test_control_a_file_with_another_name_is_not_named() -> None:
    tar = archive(entry("output/notes.json", content=b"{}"), entry("output/predictions.jsonl"))
    said = "the predictor wrote no /output/predictions.json"
    assert read_output(chunked(tar), LIMITS).reasons == {"predictions.json": said}


def test_the_name_of_such_a_file_is_quoted() -> None:
    tar = archive(entry("output/\x1b[31m/predictions.json", content=b"{}"))
    assert "\x1b" not in read_output(chunked(tar), LIMITS).reasons["predictions.json"]


def test_no_file_is_told() -> None:
    output = read_output(chunked(archive()), LIMITS)
    assert output.files == {}
    assert output.reasons == {"predictions.json": "the predictor wrote no /output/predictions.json"}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE]
)
def test_only_a_regular_file_counts(kind: bytes) -> None:
    tar = archive(entry("output/predictions.json", kind, link="/etc/passwd"))
    output = read_output(chunked(tar), LIMITS)
    assert output.files == {}
    reason = "/output/predictions.json is not a regular file"
    assert output.reasons == {"predictions.json": reason}


def test_a_hard_link_is_refused_with_what_to_do() -> None:
    tar = archive(
        entry("output/a", content=b"{}"),
        entry("output/predictions.json", tarfile.LNKTYPE, link="output/a"),
    )
    output = read_output(chunked(tar), LIMITS)
    assert output.files == {}
    assert "hard link to another file" in output.reasons["predictions.json"]


@pytest.mark.parametrize(
    "name", ["predictions.json", "output/a/predictions.json", "output/../output/predictions.json"]
)
def test_only_the_expected_name_counts(name: str) -> None:
    assert read_output(chunked(archive(entry(name, content=b"{}"))), LIMITS).files == {}


def test_a_full_output_is_told_by_bytes_and_by_files() -> None:
    full = archive(entry("output/big", content=b"x" * (MIB - 100)))
    assert read_output(chunked(full), LIMITS).full
    many = archive(*(entry(f"output/{number}") for number in range(7)))
    assert read_output(chunked(many), LIMITS).full


def test_control_an_output_just_below_its_limits_is_not_full() -> None:
    below = archive(entry("output/big", content=b"x" * (MIB - 8 * KIB)))
    assert not read_output(chunked(below), LIMITS).full
    several = archive(*(entry(f"output/{number}") for number in range(6)))
    assert not read_output(chunked(several), LIMITS).full


def test_a_sparse_file_of_a_terabyte_is_not_read_on() -> None:
    header = tarfile.TarInfo("output/predictions.json")
    header.size = 2**40
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        yield header.tobuf()
        while True:
            given += 64 * KIB
            yield bytes(64 * KIB)

    tracemalloc.start()
    output = read_output(endless(), LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert output.full
    assert given < 2 * MIB
    assert peak < 8 * MIB


def test_a_stream_that_breaks_off_is_the_engines_fault() -> None:
    tar = archive(entry("output/predictions.json", content=b"x" * 5000))
    with pytest.raises(EngineError, match="broke off"):
        read_output(chunked(tar[:3000]), LIMITS)


def with_pax(content: bytes = b"", **headers: str) -> bytes:
    """Return an archive with predictions whose pax header has these fields."""
    member, content = entry("output/predictions.json", content=content)
    member.pax_headers = {name.replace("__", "."): value for name, value in headers.items()}
    return archive((member, content))


def gnu_sparse(size: int) -> bytes:
    """Return an archive with predictions in the old GNU form of a sparse file of a size."""
    tar = bytearray(archive(entry("output/predictions.json", b"S")))
    header = memoryview(tar)[512:1024]
    header[483:495] = f"{size:011o}\0".encode()
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(tar)


HOLES = {
    "of a map in the header": with_pax(GNU__sparse__map="0,1", GNU__sparse__size="1" + "0" * 15),
    "of a map as a long number": with_pax(GNU__sparse__map="1" * 5000, GNU__sparse__size="1"),
    "of a map in fields": with_pax(GNU__sparse__size="1", GNU__sparse__numblocks="1"),
    "of a map without an end": with_pax(
        b"9" * 900_000,
        GNU__sparse__major="1",
        GNU__sparse__minor="0",
        GNU__sparse__realsize="1" + "0" * 15,
    ),
    "of the old form": gnu_sparse(8**10),
    "a header of a megabyte": with_pax(comment="1" * 900_000),
    "a size that is no size": with_pax(b"x" * 600, size="-700"),
}


@pytest.mark.parametrize("name", HOLES)
def test_a_stream_as_no_engine_writes_it_ends_within_the_bounds(name: str) -> None:
    tracemalloc.start()
    begun = time.monotonic()
    try:
        with pytest.raises(EngineError, match="broke off"):
            read_output(chunked(HOLES[name], 64 * KIB), LIMITS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * LIMITS.output_bytes
    assert time.monotonic() - begun < 2


def test_a_stream_without_an_end_is_left() -> None:
    endless = itertools.chain([archive()[:512]], itertools.repeat(archive()[:512]))
    output = read_output(endless, LIMITS)
    assert (output.full, output.files) == (True, {})


def test_control_a_name_that_takes_headers_of_its_own_is_read() -> None:
    long = "output/" + "/".join(["ü" * 100] * 15)
    tar = archive(entry(long, content=b"x"), entry("output/predictions.json", content=b"{}"))
    assert read_output(chunked(tar), LIMITS).files == {"predictions.json": b"{}"}
