"""The audit of a suite, before anything is mounted: can a withheld value be had from what is shown?

``staged_bytes`` looks at the files, ``interference`` at where they come from, ``both_sides`` at
twins, ``derivability`` tries to recompute the actuals. ``audit`` runs all of them.
"""
