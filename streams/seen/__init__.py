"""Which ids, people and posts a partition has met, in memory and in the `seen` log."""
