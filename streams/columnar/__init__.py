"""Strings of many records as arrays: places in bytes, numbers of names, hashes."""
