"""For all tests: commands speak English, and a property may take the time a busy machine needs."""

import os

from hypothesis import settings

os.environ["TOCSIN_LANGUAGE"] = "en"
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
