"""Serves what lies below a folder as pages, to the user of this machine alone."""
