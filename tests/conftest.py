"""For all tests: a property may take the time that a busy machine gives it."""

from hypothesis import settings

settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
