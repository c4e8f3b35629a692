import json
import time
import tracemalloc
from typing import Any

import pytest

from runner.contract import MetricName, Target
from runner.output.predictions import Cause, InvalidOutputError, Predictions, read_predictions

TYPOS = {"name": "typos", "robustness": True, "computed_on": "worst", "prob": 0}
PLAIN = Target("run", MetricName("exact_match", "test"))
PERTURBED = Target("run", MetricName("exact_match", "test", perturbation=TYPOS))
TARGETS = [PLAIN, PERTURBED]


def predicted(mean: Any = 0.5, **changes: Any) -> dict[str, Any]:
    """Return the JSON of the plain target's prediction, with fields of our choice."""
    return {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": mean, **changes}


def perturbed(mean: float = 0.25, prob: float = 0.0) -> dict[str, Any]:
    name = {"name": "predicted_exact_match", "split": "test"}
    return {"name": {**name, "perturbation": {**TYPOS, "prob": prob}}, "mean": mean}


def document(*stats: Any, run: str = "run", version: Any = 1) -> dict[str, Any]:
    return {"contract_version": version, "predictions": {run: list(stats)}}


def read(content: Any) -> Predictions:
    as_bytes = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_predictions(as_bytes, TARGETS)


def cause_of(content: Any) -> Cause:
    with pytest.raises(InvalidOutputError) as refused:
        read(content)
    assert str(refused.value).isprintable()
    return refused.value.cause


def test_every_target_is_paired_by_its_full_key() -> None:
    predictions = read(document(perturbed(), predicted()))
    assert {target: stat.mean for target, stat in predictions.stats.items()} == {
        PLAIN: 0.5,
        PERTURBED: 0.25,
    }
    assert list(predictions.stats) == TARGETS
    assert predictions.extra == ()


def test_helms_other_fields_are_kept() -> None:
    spread = predicted(count=2, sum=1, sum_squared=0.5, min=0, max=1, variance=0, stddev=0.5)
    stat = read(document(spread, perturbed())).stats[PLAIN]
    assert (stat.count, stat.max, stat.stddev) == (2, 1, 0.5)


def test_nulls_mean_absent_as_in_other_languages_json() -> None:
    stat = {**predicted(), "min": None}
    stat["name"] = {**stat["name"], "sub_split": None, "perturbation": None}
    assert read(document(stat, perturbed())).stats[PLAIN].min is None


def test_an_extra_prediction_is_reported_escaped_and_ignored() -> None:
    extra = {**predicted(), "name": {"name": "\x1b[2Jpredicted_f1"}}
    predictions = read(document(predicted(), perturbed(), extra))
    assert len(predictions.stats) == 2
    assert predictions.extra == (r"'run': '\x1b[2Jpredicted_f1'",)


def test_a_prediction_of_another_run_is_extra_and_the_target_missing() -> None:
    assert cause_of(document(predicted(), perturbed(), run="other")) is Cause.MISSING_TARGET


@pytest.mark.parametrize(
    "stats",
    [
        (),
        (predicted(),),
        (predicted(), perturbed(prob=0.5)),
        (predicted(), {**predicted(), "name": {"name": "exact_match", "split": "test"}}),
    ],
)
def test_a_missing_target_voids_the_case(stats: tuple[Any, ...]) -> None:
    assert cause_of(document(*stats)) is Cause.MISSING_TARGET


def test_a_missing_target_is_named_as_it_should_have_been_predicted() -> None:
    with pytest.raises(InvalidOutputError, match="'predicted_exact_match split=test pert"):
        read(document(predicted()))


def test_a_doubled_target_voids_the_case_even_when_both_agree() -> None:
    assert cause_of(document(predicted(), predicted(), perturbed())) is Cause.DOUBLED_TARGET


def test_a_target_doubled_by_a_key_of_another_number_type_is_found() -> None:
    doubled = document(predicted(), perturbed(prob=0.0), perturbed(prob=0))
    assert cause_of(doubled) is Cause.DOUBLED_TARGET


GOOD = json.dumps(document(predicted(), perturbed()))


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", Cause.NOT_JSON),
        (b"{", Cause.NOT_JSON),
        (b"hello", Cause.NOT_JSON),
        (GOOD.encode() + b"{}", Cause.NOT_JSON),
        (b"\x00" * 100, Cause.NOT_JSON),
        (b"\xef\xbb\xbf" + GOOD.encode(), Cause.NOT_JSON),
        (GOOD.encode("utf-16"), Cause.NOT_UTF8),
        (GOOD.encode().replace(b"run", b"r\xffn"), Cause.NOT_UTF8),
        (b"[" * 100_000, Cause.TOO_DEEP),
        (b'{"a":' * 100_000, Cause.TOO_DEEP),
        (b"[" * 100_000 + b"]" * 100_000, Cause.TOO_DEEP),
        (GOOD.replace("0.5", "NaN").encode(), Cause.BAD_NUMBER),
        (GOOD.replace("0.5", "Infinity").encode(), Cause.BAD_NUMBER),
        (GOOD.replace("0.5", "-Infinity").encode(), Cause.BAD_NUMBER),
        (GOOD.replace("0.5", "1e400").encode(), Cause.BAD_NUMBER),
        (GOOD.replace("0.5", "1e200").encode(), Cause.BAD_NUMBER),
        (GOOD.replace("0.5", "9" * 400).encode(), Cause.BAD_NUMBER),
        (GOOD.replace("0.5", "9" * 500_000).encode(), Cause.BAD_NUMBER),
        (b'{"a": 1, "a": 2}', Cause.DUPLICATE_KEY),
        (b'{"contract_version": 1, "predictions": {"r": [], "r": []}}', Cause.DUPLICATE_KEY),
        (GOOD.replace('"run"', r'"\ud800"').encode(), Cause.LONE_SURROGATE),
        (GOOD.replace('"test"', r'"\udfff"').encode(), Cause.LONE_SURROGATE),
        (b"null", Cause.NOT_THE_CONTRACT),
        (b"[]", Cause.NOT_THE_CONTRACT),
        (b"{}", Cause.NOT_THE_CONTRACT),
        (document(0.5), Cause.NOT_THE_CONTRACT),
        (document(predicted(mean=True)), Cause.NOT_THE_CONTRACT),
        (document(predicted(mean="0.5")), Cause.NOT_THE_CONTRACT),
        (document(predicted(mean=None)), Cause.NOT_THE_CONTRACT),
        (document({"name": {"name": "predicted_exact_match"}}), Cause.NOT_THE_CONTRACT),
        (document(predicted(stddev=-1)), Cause.NOT_THE_CONTRACT),
        (document(predicted(count=1.5)), Cause.NOT_THE_CONTRACT),
        (document(predicted(std=1)), Cause.NOT_THE_CONTRACT),
        (document(predicted(name="predicted_exact_match")), Cause.NOT_THE_CONTRACT),
        (document(predicted(**{"\x1b[31m": 1})), Cause.NOT_THE_CONTRACT),
        ({**document(), "extra": 1}, Cause.NOT_THE_CONTRACT),
        (document(version="1"), Cause.NOT_THE_CONTRACT),
        (document(version=True), Cause.NOT_THE_CONTRACT),
        (document(version=2), Cause.WRONG_VERSION),
        (b" " * 2_000_000, Cause.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bad_output_is_refused_with_its_cause(content: Any, cause: Cause) -> None:
    assert cause_of(content) is cause


def test_a_nested_parameter_of_a_perturbation_is_part_of_the_key() -> None:
    person = {"name": "person", "source_class": {"race": "white"}}
    target = Target("run", MetricName("exact_match", perturbation=person))
    stat = {"name": {"name": "predicted_exact_match", "perturbation": person}, "mean": 0.5}
    content = json.dumps(document(stat)).encode()
    assert read_predictions(content, [target]).stats[target].mean == 0.5


def test_brackets_in_texts_are_no_nesting() -> None:
    extra = {**predicted(), "name": {"name": "[" * 50 + '\\"' + "{" * 50}}
    assert len(read(document(predicted(), perturbed(), extra)).extra) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"[]," * 300_000 + b"[]]",
        b'"' + b'\\"' * 500_000,
        b'{"predictions": {' + b",".join(b'"%d": []' % n for n in range(80_000)) + b"}}",
        b'{"contract_version": 1, "predictions": {"run": [' + b"{}," * 330_000 + b"{}]}}",
        b'{"contract_version": 1, "predictions": {"run": [{'
        + b",".join(b'"%d": 1' % n for n in range(80_000))
        + b"}]}}",
    ],
    ids=["small lists", "a string that never closes", "keys", "stats", "members of a stat"],
)
def test_a_hostile_document_takes_bounded_time_and_memory(content: bytes) -> None:
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(InvalidOutputError):
        read(content)
    seconds = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * 1024 * 1024 + 20 * len(content)
    assert seconds < 20
