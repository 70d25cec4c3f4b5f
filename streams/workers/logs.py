"""Log lines: where they go, and what they must not hold."""

import sys

import structlog


def to_stderr() -> None:
    """The other output is for results, and for the alerts of the terminal channel.

    Of an exception the traceback alone: the variables beside it hold what persons have written.
    """
    *others, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(
        processors=[*others, plain], logger_factory=lambda *_: structlog.PrintLogger(sys.stderr)
    )
