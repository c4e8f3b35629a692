"""The audit of a suite, before anything is mounted: is a withheld value given away?

``staged_bytes`` looks at the files, ``noninterference`` at where they come from, ``both_sides`` at
twins, ``derivability`` tries to recompute the actuals. ``audit`` runs all of them.
"""
