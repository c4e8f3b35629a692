"""A signed report: what is told of one that was edited, and of a wrong or a missing signature."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runner.cli.main import cli
from runner.files.signatures import make_key, read_public_key, read_signing_key
from runner.reports.receipt import check_receipt, make_receipt
from runner.reports.report_directory import find_report, write_evaluation
from tests.hardships import without_rights
from tests.unit.reports.builder import evaluation, make_report


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return the directory of two keys, the organizer's and a forger's."""
    for name in ("organizer", "forger"):
        make_key(tmp_path / name)
    return tmp_path


@pytest.fixture
def report(keys: Path) -> Path:
    """Return the directory of a report that the organizer has signed."""
    write_evaluation(evaluation(), keys / "report", read_signing_key(keys / "organizer"))
    return keys / "report"


def findings(report: Path, key: str | None = "organizer") -> list[str]:
    public = None if key is None else read_public_key(report.with_name(f"{key}.pub"))
    return check_receipt(report, public)


def forge(report: Path, key: str | None) -> None:
    """Change a score, and write the receipt again, as one does who edits everything."""
    (report / "SHA256SUMS.sig").unlink(missing_ok=True)
    (report / "SHA256SUMS").unlink()
    text = (report / "report.json").read_text()
    (report / "report.json").write_text(text.replace('"value": 0.25', '"value": 0.01'))
    files = {
        path.relative_to(report).as_posix(): path.read_bytes()
        for path in report.rglob("*")
        if path.is_file()
    }
    signing_key = None if key is None else read_signing_key(report.with_name(key))
    for name, content in make_receipt(files, signing_key).items():
        (report / name).write_bytes(content)


def test_a_signed_report_has_no_findings_with_its_key_and_without(report: Path) -> None:
    assert findings(report) == findings(report, None) == []


def test_an_edited_report_is_told_though_its_receipt_was_written_again(report: Path) -> None:
    forge(report, None)
    assert findings(report) == ["SHA256SUMS: not signed"]


def test_control_without_a_key_one_who_edits_everything_is_not_found(report: Path) -> None:
    forge(report, None)
    assert findings(report, None) == []


def test_an_edited_report_with_the_old_signature_is_told(report: Path) -> None:
    signature = (report / "SHA256SUMS.sig").read_bytes()
    forge(report, "organizer")
    (report / "SHA256SUMS.sig").write_bytes(signature)
    told = ["SHA256SUMS.sig: no signature of SHA256SUMS by its key: one of them was changed"]
    assert findings(report) == findings(report, None) == told


def test_an_edited_report_that_another_key_has_signed_is_told_with_both_keys(
    report: Path,
) -> None:
    forge(report, "forger")
    forger, own = (read_public_key(report.with_name(f"{n}.pub")) for n in ("forger", "organizer"))
    told = f"SHA256SUMS: signed by another key, {forger.hex}; the key given is {own.hex}"
    assert findings(report) == [told]


def test_a_signature_that_is_missing_or_cut_off_is_told(report: Path) -> None:
    path = report / "SHA256SUMS.sig"
    path.write_bytes(path.read_bytes()[:-1])
    assert findings(report)[0].startswith("SHA256SUMS.sig: no signature of SHA256SUMS")
    path.unlink()
    assert findings(report) == ["SHA256SUMS.sig: can't be read (No such file or directory)"]


def test_a_file_that_was_changed_is_named_beside_a_good_signature(report: Path) -> None:
    (report / "case-1/container.log").write_text("other")
    assert findings(report) == ["case-1/container.log: changed since the report was written"]


def test_a_signature_beside_a_receipt_that_names_no_key_was_added(keys: Path) -> None:
    write_evaluation(evaluation(), keys / "plain")
    (keys / "plain/SHA256SUMS.sig").write_bytes(b"x")
    assert findings(keys / "plain", None) == ["SHA256SUMS.sig: added after the report was written"]


@pytest.mark.parametrize(
    "line", [b"\xff\xfe\n", b"no digest\n", b"# signed by the Ed25519 key 0\n"]
)
def test_a_receipt_of_other_lines_is_told_and_no_bug(report: Path, line: bytes) -> None:
    body = (report / "SHA256SUMS").read_bytes().rpartition(b"# sha256 of the lines above: ")[0]
    body += line
    own = hashlib.sha256(body).hexdigest()
    (report / "SHA256SUMS").write_bytes(body + f"# sha256 of the lines above: {own}\n".encode())
    assert findings(report, None) == ["SHA256SUMS: changed since it was written"]


def test_with_a_key_only_a_report_that_it_has_signed_is_up_to_date(
    report: Path, keys: Path
) -> None:
    made = make_report().model_copy(update={"evaluation_key": "this"})
    write_evaluation(evaluation(made), keys / "plain")
    write_evaluation(evaluation(made), keys / "signed", read_signing_key(keys / "organizer"))
    key = read_public_key(keys / "organizer.pub")
    assert find_report(keys / "signed", "this", key) == made
    assert find_report(keys / "plain", "this", key) is None
    assert find_report(keys / "plain", "this") == made  # the control


def verify(report: Path, *options: str) -> Result:
    command = ["verify", str(report), *options]
    return CliRunner().invoke(cli, command, standalone_mode=False, catch_exceptions=False)


def test_the_command_says_that_it_is_not_signed_and_exits_with_3(report: Path, keys: Path) -> None:
    forge(report, None)
    found = verify(report, "--key", str(keys / "organizer.pub"), "--json")
    assert "SHA256SUMS: not signed" in json.loads(found.output)["findings"]
    assert found.return_value == 3


@pytest.mark.parametrize("version", [1, 3, None])
def test_a_report_of_another_schema_version_is_a_finding(report: Path, version: object) -> None:
    document = json.loads((report / "report.json").read_text()) | {"schema_version": version}
    (report / "report.json").write_text(json.dumps(document))
    forge(report, None)
    shown = verify(report, "--json")
    (found,) = json.loads(shown.output)["findings"]
    assert "not a report of schema version 2" in found


def test_a_file_that_can_not_be_read_is_a_finding(open_folder: Path) -> None:
    content = b"a report"
    for name, text in {"report.json": content, **make_receipt({"report.json": content})}.items():
        (open_folder / name).write_bytes(text)
    (open_folder / "report.json").chmod(0)
    with without_rights():
        assert check_receipt(open_folder) == ["report.json: can't be read (Permission denied)"]
    (open_folder / "report.json").chmod(0o644)
    with without_rights():
        assert check_receipt(open_folder) == []  # the control
