"""Thresholds from an installation's own history."""
