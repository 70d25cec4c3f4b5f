"""The partitions of a source: what their records say, by what they are keyed, and re-keying."""
