"""Exits 0 without having written anything. Expected: invalid_output, no_output."""
