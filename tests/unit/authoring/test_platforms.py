from runner.authoring.platforms import BuildPlatform

ARM64 = BuildPlatform("linux/arm64", "aarch64", is_engines=False)


def test_an_image_that_names_no_architecture_fits_every_platform() -> None:
    assert ARM64.fits("linux/arm64")
    assert ARM64.fits("linux")
    assert not ARM64.fits("linux/amd64")


def test_a_platform_is_named_by_its_architecture() -> None:
    assert ARM64.architecture == "arm64"
