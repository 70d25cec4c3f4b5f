"""Files: events to be met in their order, and reference tables."""
