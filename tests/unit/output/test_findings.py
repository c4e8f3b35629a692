"""What an author is told of an output that breaks the contract."""

import json
import time
from typing import Any

import pytest

from runner.contract import InstanceTarget, MetricName, Target
from runner.output.findings import (
    MOST_COUNTED,
    MOST_SHOWN,
    Cause,
    InvalidOutputError,
    message_lines,
)
from runner.output.predictions import read_instance_predictions, read_predictions

TYPOS = {"name": "typos", "computed_on": "worst", "prob": 0.5}
PLAIN = Target("boolq:model=m", MetricName("exact_match", "test"))
PERTURBED = Target("boolq:model=m", MetricName("exact_match", "test", perturbation=TYPOS))
SOUND = {"name": {"name": "predicted_exact_match", "split": "test"}, "mean": 0.5}
SOUND_PERTURBED = {"name": {**SOUND["name"], "perturbation": TYPOS}, "mean": 0.5}  # type: ignore[dict-item]
INSTANCE = InstanceTarget("boolq:model=m", "id3", 0, MetricName("exact_match", "test"))


def refused(content: Any, *targets: Target) -> InvalidOutputError:
    as_bytes = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(InvalidOutputError) as raised:
        read_predictions(as_bytes, targets or [PLAIN])
    assert str(raised.value).isprintable()
    return raised.value


def document(*stats: Any, run: str = "boolq:model=m") -> dict[str, Any]:
    return {"contract_version": 1, "predictions": {run: list(stats)}}


def named(**changes: Any) -> dict[str, Any]:
    """Return the sound stat with another name object."""
    return {**SOUND, "name": {**SOUND["name"], **changes}}  # type: ignore[dict-item]


def said(content: Any, *targets: Target) -> str:
    """Return the one finding of a document that has one."""
    error = refused(content, *targets)
    assert error.count == len(error.findings) == 1, str(error)
    return str(error.findings[0])


STAT = "run 'boolq:model=m', stat 0 'predicted_exact_match split=test'"
MISSING = "run 'boolq:model=m', stat 'predicted_exact_match split=test': is not predicted"
FORM = '{"contract_version": 1, "predictions": {RUN_SPEC_NAME: [...]}}'

MISTAKES = {
    "an empty file": (
        b"",
        "not JSON: Expecting value at line 1, column 1; the file is empty",
    ),
    "a trailing comma": (
        b'{"contract_version": 1,}',
        "not JSON: Illegal trailing comma before end of object at line 1, column 23",
    ),
    "another encoding": (
        json.dumps(document(SOUND)).encode("utf-16"),
        "not UTF-8 at byte 0",
    ),
    "the list of stats alone": (
        [SOUND],
        f"the document should be an object, is a list; its form is {FORM}",
    ),
    "no contract_version": (
        {"predictions": {"boolq:model=m": [SOUND]}},
        f"the document has no member contract_version; its form is {FORM}",
    ),
    "the contract_version as text": (
        {**document(SOUND), "contract_version": "1"},
        "contract_version is '1': should be 1; write it without quotes",
    ),
    "a version to come": (
        {**document(SOUND), "contract_version": 2},
        "contract_version is 2: this runner reads 1",
    ),
    "another member beside predictions": (
        {**document(SOUND), "prediction": {}},
        "the document should have no member 'prediction'; did you mean \"predictions\"?",
    ),
    "a stat without a list": (
        {"contract_version": 1, "predictions": {"boolq:model=m": SOUND}},
        (
            "run 'boolq:model=m': should be a list of stats, is an object; a single stat stands in "
            "a list too"
        ),
    ),
    "NaN as mean": (
        document({**SOUND, "mean": float("nan")}),
        f"{STAT}, mean: NaN is no number that a stat can have: finite, and at most 1e+150",
    ),
    "the mean as text": (
        document({**SOUND, "mean": "0.5"}),
        f"{STAT}, mean is '0.5': should be a number; write it without quotes",
    ),
    "true as mean": (
        document({**SOUND, "mean": True}),
        f"{STAT}, mean is true: should be a number; write 1",
    ),
    "null as mean": (
        document({**SOUND, "mean": None}),
        f"{STAT}, mean is null: should be a number",
    ),
    "no mean": (
        document({"name": SOUND["name"]}),
        f"{STAT}, mean: is missing; every predicted stat needs one",
    ),
    "a misspelt field": (
        document({**SOUND, "std_dev": 0.1}),
        f'{STAT}, std_dev is 0.1: is no member that the contract has; did you mean "stddev"?',
    ),
    "a broken count": (
        document({**SOUND, "count": 1.5}),
        f"{STAT}, count is 1.5: should be a whole number",
    ),
    "a negative spread": (
        document({**SOUND, "stddev": -0.1}),
        f"{STAT}, stddev is -0.1: should be 0 or more",
    ),
    "a stat predicted twice": (
        document(SOUND, SOUND),
        f"{STAT.replace('stat 0', 'stat 1')}: is predicted twice, first as stat 0",
    ),
    "a key twice": (
        json.dumps(document(SOUND)).replace('"mean"', '"mean": 0, "mean"').encode(),
        f"{STAT}: the key 'mean' stands twice",
    ),
    "a misspelt split": (
        document(named(split="tset")),
        (
            f"{MISSING} (1 of 1 targets are not); near it is run 'boolq:model=m', stat 0 "
            "'predicted_exact_match split=tset': did you mean split 'test', not 'tset'?"
        ),
    ),
    "no split": (
        document({"name": {"name": "predicted_exact_match"}, "mean": 0.5}),
        (
            f"{MISSING} (1 of 1 targets are not); near it is run 'boolq:model=m', stat 0 "
            "'predicted_exact_match': did you mean split 'test', which it lacks?"
        ),
    ),
    "a sub_split too many": (
        document(named(sub_split="a")),
        (
            f"{MISSING} (1 of 1 targets are not); near it is run 'boolq:model=m', stat 0 "
            "'predicted_exact_match split=test sub_split=a': did you mean no sub_split, where it "
            "has 'a'?"
        ),
    ),
    "the name without predicted_": (
        document(named(name="exact_match")),
        (
            f"{MISSING} (1 of 1 targets are not); near it is run 'boolq:model=m', stat 0 "
            "'exact_match split=test': did you mean name 'predicted_exact_match', not "
            "'exact_match'?"
        ),
    ),
    "the directory's name for the run's": (
        document(SOUND, run="boolq_model=m"),
        (
            f"{MISSING} (1 of 1 targets are not); near it is run 'boolq_model=m', stat 0 "
            "'predicted_exact_match split=test': did you mean run 'boolq:model=m', not "
            "'boolq_model=m'?"
        ),
    ),
    "nothing predicted": (
        document(),
        f"{MISSING} (1 of 1 targets are not)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_typical_mistake_is_told_with_its_place_and_a_way_out(mistake: str) -> None:
    content, message = MISTAKES[mistake]
    if mistake == "a trailing comma":  # Python 3.13 says it better than 3.11
        assert said(content).startswith("not JSON: ")
    else:
        assert said(content) == message


def test_control_the_stat_that_the_mistakes_are_made_from_is_sound() -> None:
    content = json.dumps(document(SOUND)).encode()
    assert read_predictions(content, [PLAIN]).stats[PLAIN].mean == 0.5


def test_a_name_that_is_text_is_shown_as_the_object_it_should_be() -> None:
    error = refused(document({"name": "predicted_exact_match", "mean": 0.5}))
    assert "name is 'predicted_exact_match': should be an object; it is an object, e.g. {" in (
        str(error.findings[0])
    )


def test_a_perturbation_of_another_strength_is_named() -> None:
    wrong = named(perturbation={**TYPOS, "prob": 0.2})
    assert said(document(wrong), PERTURBED).endswith("did you mean perturbation.prob 0.5, not 0.2?")


def test_a_perturbation_that_is_forgotten_is_named() -> None:
    assert said(document(SOUND), PERTURBED).endswith("did you mean it with a perturbation?")


def test_another_stat_is_not_taken_for_a_misspelt_one() -> None:
    message = said(document(named(name="predicted_num_references")))
    assert "did you mean" not in message
    assert message.endswith(
        "1 predicted stats are no targets, e.g. 'boolq:model=m': "
        "'predicted_num_references split=test'"
    )


def test_one_near_stat_is_offered_for_one_target_only() -> None:
    error = refused(document(named(split="tset")), PLAIN, PERTURBED)
    assert [("did you mean" in str(finding)) for finding in error.findings] == [True, False]


def test_all_findings_are_told_at_once_in_the_order_of_the_document() -> None:
    content = document({**SOUND, "mean": "x"}, {**SOUND_PERTURBED, "mean": None, "min": "y"})
    error = refused(content, PLAIN, PERTURBED)
    fields = [
        (finding.place.stat or "")[0] + str(finding.place.field) for finding in error.findings
    ]
    assert fields == ["0mean", "1mean", "1min"]
    assert error.cause is Cause.NOT_THE_CONTRACT
    assert str(error).startswith("3 findings: (1) run 'boolq:model=m', stat 0 ")


def test_a_broken_stat_is_not_called_missing_as_well() -> None:
    assert "not predicted" not in said(document({**SOUND, "mean": "x"}))


def test_findings_beyond_those_shown_are_counted() -> None:
    targets = [Target("run", MetricName(f"stat{number}")) for number in range(50)]
    error = refused(document(), *targets)
    assert (error.count, len(error.findings)) == (50, MOST_SHOWN)
    assert str(error).endswith(f"; and {50 - MOST_SHOWN} more")


def test_reading_stops_at_a_thousand_findings() -> None:
    targets = [Target("run", MetricName(f"stat{number}")) for number in range(5000)]
    error = refused(document(*[0] * 20_000), *targets)
    assert (error.count, error.stopped) == (MOST_COUNTED, True)
    assert str(error).startswith("1000 or more findings: ")


def test_hostile_text_in_a_finding_is_quoted_escaped_and_cut() -> None:
    evil = "\x1b[2J" + "x" * 10_000
    error = refused(document({**SOUND, evil: 1, "min": evil}, run=evil))
    assert "\x1b" not in str(error)
    assert max(map(len, map(str, error.findings))) < 2000


@pytest.mark.parametrize("length", [10, 5_000])
def test_looking_for_the_nearest_key_is_bounded(length: int) -> None:
    targets = [Target("r" * 300, MetricName(f"{'ab' * 150}{number}")) for number in range(500)]
    stats = [
        {"name": {"name": f"predicted_{'ba' * (length // 2)}{number}"}, "mean": 0}
        for number in range(5_000 if length == 10 else 100)
    ]
    started = time.process_time()
    refused(document(*stats, run="r" * 299), *targets)
    assert time.process_time() - started < 20


def instance_document(*entries: Any) -> dict[str, Any]:
    return {"contract_version": 1, "predictions": {"boolq:model=m": list(entries)}}


ENTRY = {"instance_id": "id3", "train_trial_index": 0, "stats": [SOUND]}


def refused_instance(content: Any) -> str:
    with pytest.raises(InvalidOutputError) as raised:
        read_instance_predictions(json.dumps(content).encode(), [INSTANCE])
    return str(raised.value.findings[0])


def test_an_instance_target_is_paired_by_run_instance_trial_and_name() -> None:
    other = {**ENTRY, "instance_id": "id4"}
    content = json.dumps(instance_document(other, ENTRY)).encode()
    predictions = read_instance_predictions(content, [INSTANCE])
    assert predictions.stats[INSTANCE].mean == 0.5
    assert predictions.extra == ("'boolq:model=m': 'predicted_exact_match split=test'",)


def test_an_instance_may_have_several_entries_as_helm_writes_them() -> None:
    content = json.dumps(instance_document({**ENTRY, "stats": []}, ENTRY)).encode()
    assert len(read_instance_predictions(content, [INSTANCE]).stats) == 1


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {**ENTRY, "train_trial_index": 1},
            (
                "run 'boolq:model=m', instance 'id3' trial 0, stat 'predicted_exact_match "
                "split=test': is not predicted (1 of 1 targets are not); near it is run "
                "'boolq:model=m', instance 'id3' trial 1, stat 0 'predicted_exact_match "
                "split=test': did you mean train_trial_index 0, not 1?"
            ),
        ),
        (
            {"instance_id": "id3", "stats": [SOUND]},
            (
                "run 'boolq:model=m', instance at position 0, train_trial_index: is missing; HELM "
                "counts trials from 0"
            ),
        ),
        (
            {**ENTRY, "instance_id": 3},
            "run 'boolq:model=m', instance at position 0, instance_id is 3: should be text",
        ),
        (
            {**ENTRY, "stats": SOUND},
            "run 'boolq:model=m', instance at position 0, stats is an object: should be a list",
        ),
        (
            {**ENTRY, "stats": [{**SOUND, "mean": "1"}]},
            (
                "run 'boolq:model=m', instance 'id3' trial 0, stat 0 'predicted_exact_match "
                "split=test', mean is '1': should be a number; write it without quotes"
            ),
        ),
        (
            SOUND,
            "run 'boolq:model=m', instance at position 0, instance_id: is missing",
        ),
        (
            0.5,
            "run 'boolq:model=m', instance at position 0: should be an object",
        ),
    ],
)
def test_a_mistake_in_instance_predictions_is_told_with_its_place(entry: Any, message: str) -> None:
    assert refused_instance(instance_document(entry)) == message


def test_an_instance_target_predicted_twice_is_refused() -> None:
    assert "is predicted twice, first as stat 0" in refused_instance(
        instance_document(ENTRY, ENTRY)
    )


@pytest.mark.parametrize("count", [2, MOST_SHOWN, MOST_SHOWN + 5, MOST_COUNTED])
def test_a_message_is_divided_into_its_findings(count: int) -> None:
    broken = [{**named(name=f"predicted_{n}"), "mean": "(2) x"} for n in range(count - 1)]
    error = refused(document(*broken))  # and the target is missing
    error.file = "predictions.json"
    head, *lines = message_lines(str(error))
    assert head.startswith("predictions.json: ")
    assert head.endswith(" findings")
    kept = [each for each in lines if each.startswith("run ")]
    assert len(kept) == min(count, MOST_SHOWN)
    assert len(lines) - len(kept) == (count > MOST_SHOWN)


def test_control_a_message_of_one_finding_stays_whole() -> None:
    error = refused(document({**SOUND, "mean": "(1) 0.5; (2) x"}))
    assert message_lines(str(error)) == [str(error)]
