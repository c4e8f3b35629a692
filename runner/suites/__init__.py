"""Suites: what a frozen one on disk holds, how it is opened, and how a case of it is staged.

The way of the data: a ``spec`` and HELM runs -> ``building`` (with ``eval_side``, ``groups``) ->
files -> ``opening`` -> a ``PublicSuite``, whose cases are staged, or a ``Suite``, which has the
actuals too.
"""
