"""One evaluation: a request becomes tasks, runs in a pool, verdicts and a report."""
