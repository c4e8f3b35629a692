"""Rank metrics of many values at once."""
