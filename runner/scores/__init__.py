"""Scores of predicted stats: pure functions on a frame of records, one row per target.

``records.py`` makes the frame, ``policy.py`` is what a suite lays down, ``metrics.py`` and
``ranks.py`` define the metrics, ``terms.py`` what a target adds to them. ``points.py`` gives their
values, ``estimates.py`` those for any weights of the runs, ``suite_wide.py`` those of a suite as a
whole, ``clusters.py`` intervals, ``aggregation.py`` all of it by category. ``comparison.py`` ranks
evaluations, ``baseline.py`` predicts the train mean.
"""
