"""Evaluation cards: claims that are checked on evidence, by the rules of MAGNET 0.1.0."""
