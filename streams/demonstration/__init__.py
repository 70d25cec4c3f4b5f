"""The demonstration: an installation for a while, what is played to it, what came of it."""
