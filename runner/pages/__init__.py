"""HTML pages that show evaluations: each is one file and loads nothing from a network."""
