"""What a change of settings asks for before it is in force."""

from enum import StrEnum
from typing import Any

from streams.settings import Settings


class Effect(StrEnum):
    """From least to most; each asks for what those before it do."""

    NOTHING = "nothing"
    RESTART = "restart"
    REBUILD = "rebuild"
    TOPICS = "topics"


def effect(old: Settings, new: Settings) -> Effect:
    """A restart reads any change; counts, or what was learnt of them, may not fit any more."""
    if old == new and old.version == new.version:
        return Effect.NOTHING
    before, after = _keyed(old), _keyed(new)
    if any(after.get(topic, key) != key for topic, key in before.items()):
        return Effect.TOPICS
    # A source that is gone would hold time back in the state that remembers it.
    gone = before.keys() - after.keys()
    anew = _counted(old) != _counted(new) or _grid(old) != _grid(new) or gone
    return Effect.REBUILD if anew else Effect.RESTART


def _counted(settings: Settings) -> tuple[Any, ...]:
    """What counts, and the state that is made of them, go by: not what judges them."""
    cuts = tuple(cut.model_dump(exclude={"methods"}) for cut in settings.cuts)
    return cuts, settings.detection.shards, settings.detection.zone, settings.regions.aliases


def _grid(settings: Settings) -> tuple[Any, ...]:
    """Where chunks end. Of the one that fills, more may have been said than a new one holds."""
    return settings.intake.chunk_records, settings.intake.chunk_span


def _keyed(settings: Settings) -> dict[str, tuple[Any, ...]]:
    """By topic how its records lie that are counted."""
    return {source.topic: (source.stream, source.counted_by) for source in settings.sources}
