"""Submissions to a competition: pull requests, quotas, and what is published of scores."""
