"""Pages to look at evaluations with: each one file, that asks nothing of any network."""
