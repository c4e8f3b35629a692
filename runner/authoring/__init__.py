"""The tools for a predictor's author: try, build, check, log."""
