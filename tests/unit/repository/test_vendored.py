"""Scripts of others that pages carry are those of the lock."""

import json
import re
from pathlib import Path

VENDOR = Path(__file__).parents[3] / "runner" / "pages" / "vendor"
LOCK = json.loads((VENDOR / "package-lock.json").read_text())["packages"]


def test_every_script_is_of_the_locked_version_and_has_its_licence() -> None:
    scripts = sorted(VENDOR.glob("*.js"))
    assert [script.name for script in scripts] == ["dataTables.min.js"]
    (banner,) = re.findall(r"DataTables ([0-9.]+)", scripts[0].read_text(encoding="utf-8")[:100])
    assert banner == LOCK["node_modules/datatables.net"]["version"]
    assert "MIT License" in (VENDOR / "dataTables.license.txt").read_text()


def test_every_package_of_the_lock_has_its_hash_and_a_version_that_is_pinned() -> None:
    others = {name: each for name, each in LOCK.items() if name}
    assert others.keys() == {f"node_modules/{name}" for name in LOCK[""]["dependencies"]}
    for each in others.values():
        assert each["integrity"].startswith("sha512-")
    assert all(re.fullmatch(r"[0-9.]+", pinned) for pinned in LOCK[""]["dependencies"].values())
