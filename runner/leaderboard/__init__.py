"""Many evaluations of one suite: ranked, and told to CI and readers."""
