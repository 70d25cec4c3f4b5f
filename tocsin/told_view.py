"""Who is told by the settings, of how much, and how that is changed."""

from collections.abc import Iterator

from alerts.words import Words
from streams.configuration.outlets import Channels
from streams.response import switched
from streams.settings import Settings

CHANNELS = frozenset(Channels.model_fields)


def told(words: Words, settings: Settings) -> str:
    """In a line, each channel with the lowest colour that it gets."""
    named = words.listed(
        words.say("{channel} from {colour} up", channel=name,
                  colour=words.name("colour", outlet.least))
        for name, outlet in switched.on(settings).items()
    )  # fmt: skip
    if not named:
        return words.say(
            "alerts go to nobody, for no channel is on; "
            "channels.terminal.enabled = true shows them where the workers run"
        )
    return words.say("alerts go to {channels}", channels=named)


def changing(words: Words, settings: Settings) -> Iterator[str]:
    """What is off, and how to quiet what is on."""
    if off := switched.off(settings):
        yield words.say("switched off: {channels}", channels=words.listed(off))
    if first := next((name for name in switched.on(settings) if name in CHANNELS), None):
        yield words.say(
            "to quiet {channel}: channels.{channel}.enabled = false, "
            'or channels.{channel}.least = "orange" for the urgent alone',
            channel=first,
        )


def budget(words: Words, settings: Settings) -> Iterator[str]:
    """The false alarms that are allowed, what calibration made of them, and whose are fewer."""
    detection, number = settings.detection, words.number
    yield words.say(
        "budget of false alarms: {allowed} a week over {places} places, each a series under a "
        "method, all with equal parts",
        allowed=number(detection.false_alarms_per_week), places=number(detection.series),
    )  # fmt: skip
    if times := detection.thresholds:
        found = words.listed(f"{method} ×{number(factor)}" for method, factor in times.items())
        yield words.say("thresholds as calibrated: {methods}", methods=found)
    for name, outlet in switched.on(settings).items():
        own = outlet.false_alarms_per_week
        if own is not None and own < detection.false_alarms_per_week:
            yield words.say(
                "{channel} is told only of what {allowed} false alarms a week would call too",
                channel=name, allowed=number(own),
            )  # fmt: skip
        elif own is not None and own > detection.false_alarms_per_week:
            yield words.say(
                "{channel} is told of more bursts, as of {allowed} false alarms a week",
                channel=name, allowed=number(own),
            )  # fmt: skip
