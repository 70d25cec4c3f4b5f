"""The log of counts: what intake writes of a chunk, and how far event time has come in it."""
