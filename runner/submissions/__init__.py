"""Submissions: files in an organizer's repository, each of which names a submitter's image."""
