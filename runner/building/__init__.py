"""A spec and HELM runs -> a suite; and what `--suite` may name."""
