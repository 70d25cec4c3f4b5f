"""Marks as people look at them in a terminal."""

from alerts.redaction import clean
from alerts.words import VALUE_LENGTH, Words
from streams.hindsight.marks import Mark


def named(mark: Mark, words: Words) -> str:
    """An incident by its id, else the scope and the moment; what people wrote is one line."""
    if mark.at is None:
        return clean(mark.incident, cap=VALUE_LENGTH)
    return words.say(
        "{fields} at {moment}", fields=words.fields(mark.scope), moment=words.moment(mark.at)
    )
