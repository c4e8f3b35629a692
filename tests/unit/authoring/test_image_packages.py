from runner.authoring import image_packages


def test_the_base_lock_pins_every_package_with_a_hash() -> None:
    lines = image_packages.BASE_LOCK.read_text().splitlines()
    pins = [line for line in lines if "==" in line and not line.strip().startswith("#")]
    assert pins
    assert all(line.endswith("\\") for line in pins)
    assert len([line for line in lines if "--hash=sha256:" in line]) >= len(pins)
