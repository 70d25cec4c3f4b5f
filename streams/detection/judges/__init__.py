"""Judges: what is made of a closed bucket, a file for each method."""
