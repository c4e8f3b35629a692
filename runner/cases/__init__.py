"""The runs of an image on a suite's cases, and their repetitions."""
