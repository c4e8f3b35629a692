"""The record of an evaluation, its views, and what is computed of many."""
