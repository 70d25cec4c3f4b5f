"""Pictures of what each method makes of simulated counts, for docs/detection.md."""
