"""Cases on a Ray cluster: each node runs containers on an engine of its own; the head scores."""
