"""The keeper: a trusted container of one tiny program that holds a case's volumes open.

Its image is made here from a program of under 200 bytes, so nothing has to be pulled and there is
nothing in it to attack: no shell, no library, no interpreter.
"""

import hashlib
import io
import struct
import tarfile
from contextlib import suppress
from dataclasses import replace

from runner.errors import EngineError, NotOnEngineError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import KEEPER_PROGRAM

KEEPER_REPOSITORY = "runner-keeper"
KEEPER_VERSION = "1"

# The whole program: wait for a signal, again and again.
_WAIT_FOREVER = {
    # mov eax, 34 (pause); syscall; jmp back
    "x86_64": (62, bytes.fromhex("b8220000000f05ebf7")),
    # mov x0..x4, 0; mov x8, 73 (ppoll); svc 0; b back
    "aarch64": (
        183,
        struct.pack(
            "<8I",
            *(0xD2800000, 0xD2800001, 0xD2800002, 0xD2800003),
            *(0xD2800004, 0xD2800928, 0xD4000001, 0x17FFFFF9),
        ),
    ),
}
_LOAD_ADDRESS = 0x400000


def ensure_keeper_image(engine: Engine, architecture: str) -> Image:
    """Return the keeper's image; make it on the engine if it isn't there yet.

    Args:
        architecture: of the engine, as the engine names it.
    """
    if architecture not in _WAIT_FOREVER:
        raise EngineError(
            f"The engine's architecture is {architecture}; the keeper runs on "
            f"{' and '.join(_WAIT_FOREVER)} only."
        )
    tag = f"{KEEPER_VERSION}-{architecture}"
    archive = _image_archive(architecture)
    layer = "sha256:" + hashlib.sha256(archive).hexdigest()
    image = None
    with suppress(NotOnEngineError):
        image = engine.images.inspect(f"{KEEPER_REPOSITORY}:{tag}")
    # The tag alone proves nothing: a submitted image that was loaded may have it, and the layer.
    if image is None or not _is_as_made(image, layer):
        image = engine.images.make(archive, KEEPER_REPOSITORY, tag)
    # An imported image has no command of its own.
    return replace(image, reference=KEEPER_REPOSITORY, entrypoint=(KEEPER_PROGRAM,))


def _is_as_made(image: Image, layer: str) -> bool:
    """Return whether an image has this one layer, and declares nothing that an import would not."""
    plain = Image(image.reference, image.id, platform=image.platform, layers=(layer,))
    return replace(image, digests=(), size_bytes=0) == plain


def _image_archive(architecture: str) -> bytes:
    program = _elf_program(*_WAIT_FOREVER[architecture])
    member = tarfile.TarInfo(KEEPER_PROGRAM.lstrip("/"))
    member.size, member.mode = len(program), 0o555
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(member, io.BytesIO(program))
    return buffer.getvalue()


def _elf_program(machine: int, code: bytes) -> bytes:
    """Return a static executable of one read-only segment. Source: elf(5)."""
    header_size, segment_header_size = 64, 56
    code_offset = header_size + segment_header_size
    size = code_offset + len(code)
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)  # 64 bits, little-endian, version 1
    header = struct.pack(
        "<HHIQQQIHHHHHH",
        *(2, machine, 1, _LOAD_ADDRESS + code_offset, header_size, 0, 0),
        *(header_size, segment_header_size, 1, 0, 0, 0),
    )
    readable_and_executable, page_size = 5, 0x10000
    segment = struct.pack(
        "<IIQQQQQQ",
        *(1, readable_and_executable, 0, _LOAD_ADDRESS, _LOAD_ADDRESS, size, size, page_size),
    )
    return ident + header + segment + code
