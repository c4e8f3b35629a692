"""Exits 0 without having written anything.

promise: 7
expected: invalid_output, no_output
"""
