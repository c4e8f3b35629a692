"""Submissions to a competition: what a pull request submits, quotas, what is told of scores."""
