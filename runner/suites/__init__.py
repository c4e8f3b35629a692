"""Suites: built from HELM runs by a spec, frozen on disk, opened as cases of inputs and actuals.

The way of the data: ``spec`` -> ``build`` (``divisions``, ``groups``, ``eval_side``) -> files ->
``suite``, whose cases are staged and scored.
"""
