import io
from pathlib import Path

import pandas as pd

from tests.helm_builder import write_suite
from tests.suite_builder import build_unaudited, shared_suite, stage


def test_pandas_reads_what_is_staged(tmp_path: Path) -> None:
    suite = shared_suite()
    frame = pd.read_parquet(io.BytesIO(stage(suite).files["train/stats.parquet"]))
    assert len(frame) == 6


def test_a_case_is_staged_once_for_all_images_and_anew_for_another_suite(tmp_path: Path) -> None:
    source = write_suite(tmp_path)
    suite = build_unaudited(source, tmp_path / "suite")
    name = "train/stats.parquet"
    frame = stage(suite).files[name]
    assert stage(suite).files[name] is frame
    other = build_unaudited(source, tmp_path / "other", version="2")
    assert stage(other).files[name] is not frame
    assert stage(other).files[name] == frame


def test_a_suite_without_instance_targets_stages_none(tmp_path: Path) -> None:
    suite = shared_suite()
    assert "eval/instance_targets.parquet" not in stage(suite).files
    assert suite.cases[0].wanted_files == ("predictions.json",)
