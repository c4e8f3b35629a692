"""Many evaluations of one suite: ranked, and reported to CI and readers."""
