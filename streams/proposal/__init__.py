"""Settings proposed from a sample of somebody's own data."""
