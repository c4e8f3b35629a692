from dataclasses import replace

import pytest

from runner.contract.limits import GIB, MIB
from runner.sandbox.engine.image import (
    MOST_VARIABLES,
    Image,
    image_fault,
    image_warnings,
    read_image,
)

IMAGE = Image("x", "sha256:1", entrypoint=("run",), platform="linux/amd64")

DESCRIPTION = {
    "Id": "sha256:1",
    "RepoDigests": ["x@sha256:2"],
    "Os": "linux",
    "Architecture": "arm64",
    "Size": 7,
    "Config": {
        "Entrypoint": None,
        "Cmd": ["run"],
        "Env": ["A=1=2", "B="],
        "Volumes": {"/data": {}},
        "WorkingDir": "/work",
    },
}


def test_an_image_is_read_from_the_engines_words() -> None:
    assert read_image("x", DESCRIPTION) == Image(
        reference="x",
        id="sha256:1",
        digests=("x@sha256:2",),
        declared_volumes=("/data",),
        entrypoint=(),
        command=("run",),
        environment={"A": "1=2", "B": ""},
        platform="linux/arm64",
        size_bytes=7,
    )


def test_an_image_for_another_architecture_is_refused_with_what_to_do() -> None:
    fault = image_fault(replace(IMAGE, platform="linux/arm64"), "x86_64")
    assert fault is not None
    assert "runner build --platform linux/amd64" in fault


@pytest.mark.parametrize("architecture", [{"Architecture": ""}, {}])
def test_an_image_that_names_no_architecture_may_work(architecture: dict[str, str]) -> None:
    description = {name: value for name, value in DESCRIPTION.items() if name != "Architecture"}
    image = read_image("x", {**description, **architecture})
    assert image.platform == "linux"
    assert image_fault(image, "x86_64") is None


def test_an_image_with_nothing_to_run_is_refused() -> None:
    fault = image_fault(replace(IMAGE, entrypoint=()), "x86_64")
    assert fault is not None
    assert "ENTRYPOINT or a CMD" in fault


@pytest.mark.parametrize(
    "image",
    [
        IMAGE,
        replace(IMAGE, entrypoint=(), command=("run",)),
        replace(IMAGE, declared_volumes=("/data",)),
    ],
)
def test_control_a_runnable_image_has_no_fault(image: Image) -> None:
    assert image_fault(image, "x86_64") is None


@pytest.mark.parametrize(
    ("variables", "size", "is_refused"),
    [(MOST_VARIABLES, 9, False), (MOST_VARIABLES + 1, 9, True), (10, MIB // 10, True)],
)
def test_an_environment_with_which_an_engine_takes_minutes_to_start_is_refused(
    *, variables: int, size: int, is_refused: bool
) -> None:
    environment = {f"A{number}": "x" * size for number in range(variables)}
    fault = image_fault(replace(IMAGE, environment=environment), "x86_64")
    assert (fault is not None and fault.startswith("its ENV has more than")) == is_refused


@pytest.mark.parametrize(("variables", "is_refused"), [(MOST_VARIABLES, False), (1001, True)])
def test_variables_of_one_name_count_each(*, variables: int, is_refused: bool) -> None:
    config = {"Cmd": ["run"], "Env": ["A=b"] * variables}
    image = read_image("x", {"Id": "sha256:1", "Architecture": "amd64", "Config": config})
    assert image.environment == {"A": "b"}
    assert (image_fault(image, "x86_64") is not None) == is_refused


def test_volumes_and_a_large_image_are_warned_of_without_text_of_the_image() -> None:
    image = replace(IMAGE, declared_volumes=("/##[error]", "/b"), size_bytes=11 * GIB)
    volume, size = image_warnings(image)
    assert volume.startswith("each VOLUME of the image is covered")
    assert "11.0 GiB" in size


def test_a_volume_that_is_no_absolute_path_is_refused_with_what_to_write() -> None:
    fault = image_fault(replace(IMAGE, declared_volumes=("/a", "data\x1b")), "x86_64")
    assert fault == "VOLUME 'data\\x1b' is no absolute path; write e.g. VOLUME /data"


def test_control_an_ordinary_image_is_not_warned_of() -> None:
    assert list(image_warnings(IMAGE)) == []
