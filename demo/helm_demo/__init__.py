"""Scenarios, run specs and models of the demo suite, as a plug-in for `helm-run`."""
