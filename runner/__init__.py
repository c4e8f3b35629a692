"""Evaluate containerized predictors of HELM stats. Imports nothing: the base image carries it."""
