"""Runs of records out of Kafka and what goes back, through Faust."""
