"""Runs HELM itself: run entries, models and local data sets -> HELM's outputs.

``local_dataset.py`` and ``__main__.py`` are the only modules that import helm, in a process of
their own: HELM takes seconds to import, and changes logging and signals.
"""
