from dataclasses import replace
from pathlib import Path

import pytest

from runner.suites.inputs_digest import digest_inputs
from runner.suites.suite import Suite
from tests.versions_builder import Versions, build_versions


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Versions:
    return build_versions(tmp_path_factory.mktemp("versions"))


def digests(suite: Suite) -> list[str]:
    return [digest_inputs(suite, case) for case in suite.cases]


def test_it_is_the_same_where_only_actuals_or_the_version_differ(versions: Versions) -> None:
    assert digests(versions.first) == digests(versions.corrected) == digests(versions.renamed)
    assert versions.first.digest != versions.corrected.digest != versions.renamed.digest


def test_it_differs_for_the_case_that_reveals_something_else(versions: Versions) -> None:
    pairs = zip(digests(versions.first), digests(versions.other_inputs), strict=True)
    assert [one == other for one, other in pairs] == [True, False, True, True]


def test_each_case_and_each_suites_name_has_its_own(versions: Versions, tmp_path: Path) -> None:
    assert len(set(digests(versions.first))) == 4
    named = versions.first.manifest.model_copy(update={"name": "other"})
    other = replace(versions.first, manifest=named)
    assert set(digests(other)).isdisjoint(digests(versions.first))
