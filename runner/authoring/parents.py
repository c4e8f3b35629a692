"""The images in a Dockerfile's FROM lines: there, and for the build's platform."""

from runner.authoring.carried_folders import TEMPLATES
from runner.authoring.platforms import BuildPlatform
from runner.errors import UsageError
from runner.sandbox.engine.engine import Engine
from runner.sandbox.engine.image import Image
from runner.untrusted import quote


def require_parent(engine: Engine, reference: str, platform: BuildPlatform) -> Image:
    """Return an image in a FROM line.

    Raises:
        UsageError: the engine lacks it, or it is for another platform; says how to get it.
    """
    advice = _BASES.get(reference)
    if advice is not None and engine.images.find_built(reference) is None:
        raise UsageError(f"{reference}: the engine has no such image. {advice}")
    image = engine.images.resolve(reference)
    if not platform.fits(image.platform):
        name = f"{reference.partition(':')[0]}-{platform.architecture}"
        how = (
            f"Make one: runner build --base --platform {platform.name} -t {name}; then build with "
            f"--build-arg BASE={name}."
            if reference in _BASES
            else f"Get it for that: docker pull --platform {platform.name} {reference}"
        )
        raise UsageError(
            f"{reference}: it is for {quote(image.platform)}, and the build for {platform.name}. "
            f"{how}"
        )
    return image


_BASES = {
    "runner-base": "It is the base of Python predictors: runner build --base -t runner-base",
    "python:3.11-slim": "Or name another Python 3.11 image: --build-arg PYTHON_BASE=IMAGE",
    **{
        f"runner-{language}-base": f"It is the base of the template {language}: "
        f"runner build --base --template {language} -t runner-{language}-base"
        for language in TEMPLATES
        if language != "python"
    },
}
