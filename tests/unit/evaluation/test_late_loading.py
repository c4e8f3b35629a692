import threading

import pytest

from runner.evaluation import late_loading


def test_what_cannot_be_loaded_is_told_only_by_who_needs_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = threading.Event()

    def fail() -> None:
        asked.set()
        raise ImportError("a broken package")

    monkeypatch.setattr(late_loading, "load_staging", fail)
    late_loading.load_ahead()
    assert asked.wait(30)
    for thread in threading.enumerate():
        if thread.name == "load-ahead":
            thread.join(30)
    assert capfd.readouterr() == ("", "")
