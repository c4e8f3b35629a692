from benchmarks.scoring import measure_scoring


def test_scoring_is_measured_against_a_merge_of_the_same_targets() -> None:
    merge, *others = measure_scoring(1000, 1000, rounds=1)
    assert merge.ratio == 1
    assert all(row.seconds > 0 for row in others)
    assert [row.ratio is None for row in others] == [False, False, True]
