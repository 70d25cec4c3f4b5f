"""Who is told by the settings, in a line."""

from alerts.words import Words
from streams.recipients import switched_on
from streams.settings import Settings


def told(words: Words, settings: Settings) -> str:
    named = words.listed(switched_on(settings)) or words.say("nobody: no channel is on")
    return words.say("alerts go to {channels}", channels=named)
