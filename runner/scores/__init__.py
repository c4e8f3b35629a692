"""Scores of predicted stats: pure functions on a frame of records, one row per target.

``records.py`` makes the frame, ``policy.py`` is what a suite lays down, ``metrics.py`` and
``ranks.py`` define the metrics, ``aggregation.py`` applies them by category, ``resampling.py``
makes intervals, ``comparison.py`` ranks evaluations, ``baseline.py`` predicts the train mean.
"""
