"""Runs images without trusting them."""
