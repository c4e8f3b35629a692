"""The suite that a build finds in its place: left as it is, or replaced, with its salt."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from runner.building.sources import spec_json
from runner.errors import SuiteError
from runner.suites.opening import check_suite, not_replaced, read_suite
from runner.suites.spec import SuiteSpec
from runner.suites.suite import Suite

SALT_BYTES = 32


def read_earlier(directory: Path) -> Suite | None:
    """Return the suite that is there, with its private half; None if there is none to read."""
    try:
        with not_replaced(directory):
            return read_suite(directory)
    except SuiteError:
        return None


def is_unchanged(earlier: Suite, spec: SuiteSpec, sources: Mapping[str, Mapping[str, str]]) -> bool:
    """Return whether a suite was built from the same spec and files, and is whole."""
    private = earlier.private_manifest
    if private.spec != spec_json(spec) or private.sources != sources:
        return False
    try:
        check_suite(earlier)
    except SuiteError:
        return False
    return True


def choose_salt(earlier: Suite | None) -> str:
    """Return the earlier suite's salt, or a new one: what changes back has its digest again."""
    return (earlier and earlier.private_manifest.salt) or secrets.token_hex(SALT_BYTES)
