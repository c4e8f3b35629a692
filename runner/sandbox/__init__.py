"""Runs images without trusting them. The only package that imports docker."""
