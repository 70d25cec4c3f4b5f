"""Detection: counts become the state of series, and signals."""
