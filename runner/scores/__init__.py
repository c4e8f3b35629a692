"""Scores of predicted stats: pure functions on a frame of records, one row per target.

``records.py`` makes the frame, ``policy.py`` is what a suite lays down, ``metrics.py`` and
``ranks.py`` define the metrics. ``points.py`` gives their values, ``estimates.py`` those for any
weights of the runs, ``clusters.py`` intervals, ``aggregation.py`` all of it by category.
``comparison.py`` ranks evaluations, ``baseline.py`` predicts the train mean.
"""
