"""Processes: what a worker is made of, what it tells of itself, who starts it again."""
