"""What serves the author of a predictor: try, build, check, log."""
