"""Intake: the records of a source become counts, by chunks."""
