"""Dates within a text of a page."""

import re

from markupsafe import Markup, escape

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?")


def dated(text: str) -> Markup:
    """The text escaped, with its dates held together on one line."""
    return Markup(DATE.sub(r'<span class="date">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped
