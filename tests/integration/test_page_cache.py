"""A message from case to case by which pages of the image are in memory, and its end.

The sender reads some pages of a file of the image; the receiver, another container, counts the page
faults of reading each. To begin with, a container without the sandbox drops all of them.
"""

import json
import random
from collections.abc import Iterator

import docker
import pytest

from runner.contract.limits import MIB, Limits
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.sandbox.policy import SandboxPolicy
from runner.sandbox.sandbox import Sandbox, open_sandbox
from tests.integration.images import OWN
from tests.integration.printed import printed_by
from tests.integration.registry import build_image

BITS = 256
LIMITS = Limits(wall_seconds=60, memory_bytes=256 * MIB)

PROGRAM = f"""
import json, mmap, os, pathlib, resource, sys
PAGE_OUT, PAGES, BITS = 21, 32, {BITS}
file = os.open("/data/pages", os.O_RDONLY)
memory = mmap.mmap(file, PAGES * mmap.PAGESIZE * BITS, prot=mmap.PROT_READ)
memory.madvise(mmap.MADV_RANDOM)
def read(bit):
    return memory[bit * PAGES * mmap.PAGESIZE]
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt
if sys.argv[1:] == ["drop"]:
    os.fsync(file)  # a page that is not yet on disk is not dropped
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    for page in range(BITS * PAGES):
        memory[page * mmap.PAGESIZE]
    memory.madvise(PAGE_OUT)
    sys.exit()
message = pathlib.Path("/input/message")
if message.exists():
    for bit in json.loads(message.read_text()):
        read(bit)
else:
    told = []
    for bit in range(BITS):
        before = faults()
        read(bit)
        if faults() == before:
            told.append(bit)
    print(json.dumps(told))
"""

DOCKERFILE = f"""
FROM runner-base
USER 0
RUN mkdir -m 777 /data && head -c {BITS * 32 * 4096} /dev/urandom > /data/pages && \
    chmod 666 /data/pages
COPY program.py /
ENTRYPOINT ["python3", "/program.py"]
CMD []
"""

MESSAGE = sorted(random.Random(1).sample(range(BITS), BITS // 2))


@pytest.fixture(scope="module")
def tag(client: docker.DockerClient) -> Iterator[str]:
    name = OWN.name("page-cache")
    build_image(client, name, {"Dockerfile": DOCKERFILE.encode(), "program.py": PROGRAM.encode()})
    yield name
    client.images.remove(name, force=True)


@pytest.fixture
def image(client: docker.DockerClient, engine: Engine, tag: str) -> Image:
    """Return the image, with none of its file's pages in memory."""
    printed_by(client, tag, ["drop"])
    return engine.images.resolve(tag)


def run(sandbox: Sandbox, image: Image, files: dict[str, bytes], *, reads_image: bool) -> bytes:
    policy = SandboxPolicy(LIMITS)
    ended = sandbox.run(sandbox.prepare(image, policy, lambda: files, reads_image=reads_image))
    assert ended.end.exit_code == 0, ended.log
    return ended.log


def share_right(told: list[int]) -> float:
    """Return the share of the message's bits that were told right; half of them by chance."""
    return sum((bit in told) == (bit in MESSAGE) for bit in range(BITS)) / BITS


def pass_on(engine: Engine, image: Image, *, reads_image: bool) -> float:
    """Return the share of the sender's message that the receiver reads right."""
    with open_sandbox(engine, print) as sandbox:
        sent = {"message": json.dumps(MESSAGE).encode()}
        run(sandbox, image, sent, reads_image=reads_image)
        return share_right(json.loads(run(sandbox, image, {}, reads_image=reads_image)))


def test_an_image_that_was_read_before_its_cases_carries_no_message(
    engine: Engine, image: Image
) -> None:
    assert 0.4 < pass_on(engine, image, reads_image=True) < 0.6


@pytest.mark.parametrize(("is_forgotten", "least", "most"), [(True, 0.4, 0.6), (False, 0.85, 1)])
def test_an_image_that_came_again_is_read_again(
    client: docker.DockerClient,
    engine: Engine,
    image: Image,
    is_forgotten: bool,
    least: float,
    most: float,
) -> None:
    """It comes without a page in memory. The control is an image of which the sandbox knows not."""
    with open_sandbox(engine, print) as sandbox:
        run(sandbox, image, {}, reads_image=True)
        printed_by(client, image.reference, ["drop"])
        if is_forgotten:
            sandbox.forget(image)
        run(sandbox, image, {"message": json.dumps(MESSAGE).encode()}, reads_image=True)
        told = json.loads(run(sandbox, image, {}, reads_image=True))
    assert least < share_right(told) <= most


def test_control_otherwise_the_message_arrives(engine: Engine, image: Image) -> None:
    assert pass_on(engine, image, reads_image=False) > 0.85


def test_a_case_can_not_drop_pages_again(engine: Engine, image: Image) -> None:
    """It then reads what another has read: all of it, or it would be a message too."""
    dropping = Image(**{**vars(image), "command": ("drop",)})
    with open_sandbox(engine, print) as sandbox:
        prepared = sandbox.prepare(dropping, SandboxPolicy(LIMITS), dict, reads_image=True)
        ended = sandbox.run(prepared)
        assert b"Invalid argument" in ended.log
        told = run(sandbox, image, {}, reads_image=False)
    assert len(json.loads(told)) > 0.95 * BITS
