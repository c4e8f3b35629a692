"""The audit of a suite, before anything is mounted: is a withheld value given away?

``staged_bytes`` looks at the files, ``noninterference`` at where they come from, ``both_sides`` at
twins. ``cheater`` takes all that a case shows, and ``derivability`` says how much of the actuals it
gets. ``audit`` runs all of them.
"""
