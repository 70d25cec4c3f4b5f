"""Who is told by the settings, and how that is changed."""

from collections.abc import Iterator

from alerts.words import Words
from streams.recipients import switched_off, switched_on
from streams.settings import Settings


def told(words: Words, settings: Settings) -> str:
    """In a line, each channel with the lowest colour that it gets."""
    named = words.listed(
        words.say("{channel} from {colour} up", channel=name,
                  colour=words.name("colour", outlet.least))
        for name, outlet in switched_on(settings).items()
    )  # fmt: skip
    if not named:
        return words.say(
            "alerts go to nobody, for no channel is on; "
            "channels.terminal.enabled = true shows them where the workers run"
        )
    return words.say("alerts go to {channels}", channels=named)


def changing(words: Words, settings: Settings) -> Iterator[str]:
    """What is off, and how to quiet what is on."""
    if off := switched_off(settings):
        yield words.say("switched off: {channels}", channels=words.listed(off))
    if first := next(iter(switched_on(settings)), None):
        yield words.say(
            "to quiet {channel}: channels.{channel}.enabled = false, "
            'or channels.{channel}.least = "orange" for the urgent alone',
            channel=first,
        )
