"""A predictor's folder -> its image on the engine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from runner.authoring.build_advice import advise_on_build
from runner.authoring.context_files import context_names
from runner.authoring.debian.lock import Lock
from runner.authoring.dockerfile import (
    PACKAGES,
    WEIGHTS,
    divide,
    divide_at_weights,
    stand_on,
    without_runs,
)
from runner.authoring.image_context import (
    find_requirements,
    read_dockerfile,
    write_context,
    write_packages_context,
    write_weights_context,
)
from runner.authoring.image_packages import (
    IMAGE_PYTHON,
    requirements_digest,
    unpack_packages,
)
from runner.authoring.image_source import ImageSource
from runner.authoring.package_images import PackageImages, open_package_images
from runner.authoring.parents import require_parent
from runner.authoring.platforms import BuildPlatform
from runner.authoring.system_install import INSTALL, install_packages, settings_lines
from runner.authoring.system_packages import lock_system_packages, write_debs
from runner.authoring.weights import weights_digest
from runner.errors import BuildError
from runner.files.scratch import scratch_directory
from runner.progress import Progress, Task
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image


@dataclass(frozen=True)
class Built:
    """An image that was built.

    Attributes:
        is_new: it is not the one that the tag named before.
        base_bytes: of the image in the last FROM; 0 if it stands on none.
        system_bytes: of the system's packages, of apt.txt.
        packages_bytes: of the packages of requirements.txt.
        weights_bytes: of the files below weights/, if they are an image of their own.
    """

    image: Image
    is_new: bool
    base_bytes: int
    system_bytes: int
    packages_bytes: int
    weights_bytes: int


def build_predictor(
    engine: Engine,
    source: ImageSource,
    tag: str,
    progress: Progress,
    asked_platform: str | None = None,
) -> Built:
    """Build an image, and return it with the sizes of its parts.

    The packages of requirements.txt become an image of their own, which is kept until they, or
    what they stand on, change; the files below weights/ as well. The folder's other files come
    above them.

    Args:
        asked_platform: that it is for, e.g. ``linux/arm64``; None for the engine's own.

    Raises:
        UsageError: an image in a FROM line is not on the engine, or is for another platform.
        BuildError: a package can't be found, or a step of the Dockerfile failed.
    """
    platform = BuildPlatform.of(engine, asked_platform)
    parents = [require_parent(engine, one, platform) for one in source.from_references()]
    before = engine.images.find_built(tag)
    build = _Build(engine, source, tag, progress, tuple(one.id for one in parents), platform)
    dockerfile = build.runnable(read_dockerfile(source.folder))
    with open_package_images(engine) as images:
        system = build.obtain_system(images, parents[-1]) if parents else None
        if system is not None:
            dockerfile = stand_on(dockerfile, system.id)
        dockerfile, packages, in_context = build.obtain_packages(images, dockerfile)
        weights = None
        if not in_context:
            dockerfile, weights = build.obtain_weights(images, dockerfile)
        image = build.make(dockerfile, in_context, with_weights=weights is None)
    parts = (*parents[-1:], system, packages, weights)
    sizes = [0 if one is None else one.size_bytes for one in parts]
    base_bytes, system_bytes, packages_bytes, weights_bytes = [0] * (4 - len(sizes)) + sizes
    return Built(
        image=image,
        is_new=before is None or before.id != image.id,
        base_bytes=base_bytes,
        system_bytes=max(0, system_bytes - base_bytes),
        packages_bytes=max(0, packages_bytes - max(base_bytes, system_bytes)),
        weights_bytes=max(0, weights_bytes - max(base_bytes, system_bytes, packages_bytes)),
    )


@dataclass(frozen=True)
class _Build:
    """One build; ``parents`` are the IDs of the images in the Dockerfile's FROM lines."""

    engine: Engine
    source: ImageSource
    tag: str
    progress: Progress
    parents: tuple[str, ...]
    platform: BuildPlatform

    def runnable(self, dockerfile: str) -> str:
        """Return a Dockerfile without its byte-compiling if that can't be run here."""
        if self.platform.is_engines:
            return dockerfile
        left = without_runs(dockerfile, byte_compiling_only=True)
        if left.strip() != dockerfile.strip():
            self.progress.say(
                f"{self.tag}: Python is not byte-compiled, as that would run a program of "
                f"{self.platform.name}; the predictor starts a little slower"
            )
        return left

    def obtain_system(self, images: PackageImages, base: Image) -> Image | None:
        """Return the image of the system's packages; None if the folder asks for none."""
        lock = lock_system_packages(self.source.folder, self.engine, base, self.tag, self.progress)
        if lock is None or not lock.packages:
            return None
        sources = {"base": base.id, "install": INSTALL, "lock": lock.model_dump()["packages"]}
        return images.obtain(sources, partial(self._make_system, lock, base))

    def _make_system(self, lock: Lock, base: Image, tag: str) -> Image:
        with scratch_directory() as folder, (folder / "context.tar").open("w+b") as context:
            if not self.platform.is_engines:  # before they are fetched, as that may take long
                write_packages_context(context, f"FROM {base.id}\nRUN true\n", {})
                self._send(context, tag, {}, f"{self.tag}: trying a program of the platform")
                context.truncate(context.seek(0))
            what = f"{self.tag}: fetching {len(lock.packages)} packages of the system"
            self.progress.say(what)
            with self.progress.task(what):
                write_debs(lock, folder / "debs")
            what = f"{self.tag}: installing them"
            self.progress.say(what)
            with self.progress.task(what):
                installed = install_packages(self.engine, base, folder / "debs", self.tag)
            lines = [f"FROM {installed}", *settings_lines(self.engine.images.settings(base.id))]
            write_packages_context(context, "\n".join(lines), {})
            return self._send(context, tag, {}, f"{self.tag}: completing their image")

    def obtain_packages(
        self, images: PackageImages, dockerfile: str
    ) -> tuple[str, Image | None, bool]:
        """Return the Dockerfile that is left to build, and the image of packages that it is on.

        The last value says whether it needs the packages in its context: none of its lines names
        ``packages/`` in a way that they could be an image of their own.
        """
        requirements = find_requirements(self.source.folder, base=self.source.base)
        if requirements is None:
            return dockerfile, None, False
        division = divide(dockerfile)
        if division is None or division.takes_files:
            return dockerfile, None, True
        sources = {
            "dockerfile": division.kept,
            "parents": self.parents,
            "build_args": dict(self.source.build_args),
            "platform": self.platform.name,
            "python": IMAGE_PYTHON,
            "requirements": requirements_digest(requirements),
        }
        image = images.obtain(sources, partial(self._make_packages, division.kept))
        return division.code(image.id), image, False

    def _make_packages(self, dockerfile: str, tag: str) -> Image:
        with scratch_directory() as folder, (folder / "context.tar").open("w+b") as context:
            packages = self._unpack(folder / PACKAGES)
            write_packages_context(context, dockerfile, {PACKAGES: packages})
            return self._send(context, tag, {}, f"{self.tag}: building the packages")

    def obtain_weights(self, images: PackageImages, dockerfile: str) -> tuple[str, Image | None]:
        """Return the Dockerfile that is left to build, and the image of weights that it is on.

        None if no line names ``weights/``, or other lines may need its files as well.
        """
        folder = self.source.folder
        division = divide_at_weights(dockerfile)
        if division is None or PACKAGES in context_names(folder):
            return dockerfile, None
        digest = weights_digest(folder, self.tag, self.progress)
        sources = {
            "dockerfile": division.kept,
            "parents": self.parents,
            "build_args": dict(self.source.build_args),
            "platform": self.platform.name,
            "weights": digest,
        }
        image = images.obtain(sources, partial(self._make_weights, division.kept, digest))
        return division.code(image.id), image

    def _make_weights(self, dockerfile: str, digest: str, tag: str) -> Image:
        folder = self.source.folder
        with scratch_directory() as scratch, (scratch / "context.tar").open("w+b") as context:
            with self.progress.task(f"{self.tag}: copying the weights"):
                write_weights_context(context, dockerfile, folder)
            if weights_digest(folder, self.tag, self.progress) != digest:
                raise BuildError(f"{folder / WEIGHTS}: changed during the build. Build again.")
            return self._send(context, tag, {}, f"{self.tag}: building the weights")

    def make(self, dockerfile: str, with_packages: bool, *, with_weights: bool) -> Image:
        """Build the folder's own files, and return the image."""
        source = self.source
        with scratch_directory() as folder, (folder / "context.tar").open("w+b") as context:
            packages = folder / PACKAGES
            packages.mkdir()
            if with_packages:
                self._unpack(packages)
            write_context(
                context,
                source.folder,
                dockerfile,
                packages,
                base=source.base,
                with_weights=with_weights,
            )
            return self._send(context, self.tag, source.labels(), f"{self.tag}: building")

    def _unpack(self, packages: Path) -> Path:
        what = f"{self.tag}: resolving packages"
        self.progress.say(what)
        packages.mkdir(exist_ok=True)
        requirements = find_requirements(self.source.folder, base=self.source.base)
        with self.progress.task(what):
            if requirements is not None:
                machine = self.platform.machine
                unpack_packages(requirements, packages, machine, base=self.source.base)
        return packages

    def _send(self, context: BinaryIO, tag: str, labels: Mapping[str, str], what: str) -> Image:
        context.seek(0)
        self.progress.say(what)
        with self.progress.task(what) as task:
            show = partial(show_step, task)
            name = None if self.platform.is_engines else self.platform.name
            try:
                image = self.engine.images.build(
                    context, tag, labels, self.source.build_args, show, name
                )
            except BuildError as error:  # of an image of packages: its name is of no use
                said = str(error).replace(tag, self.tag)
                advice = advise_on_build(said) + self.platform.advice(said)
                raise BuildError(said + advice) from error
        if not self.platform.fits(image.platform):
            raise BuildError(
                f"{self.tag}: the engine made it for {image.platform}, not for "
                f"{self.platform.name}: it took the steps of an earlier image. Remove that one, "
                "and `docker image prune` the rest."
            )
        return image


def show_step(task: Task, line: str) -> None:
    """Show a line from the engine: ``Step 2/5 : COPY packages/ /packages/``."""
    if step := re.match(r"Step (\d+)/(\d+) : (.*)", line):
        task.show(step[3], int(step[1]) - 1, int(step[2]))
