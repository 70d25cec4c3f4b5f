"""The calendar of one stream in one shard: what is on, what it does to whom, what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from detectors.calendar import ORDINARY, Account, Known, Learnt, Uplift
from detectors.columns import Bools, Floats, Ints
from detectors.surge import Expectation
from streams.detection.almanac import Almanac, Occasion

Fields = Mapping[str, str]
INSIDE, AMONG_OTHERS, OUTSIDE = 1.0, np.nan, 0.0
NOBODY = -1


class Live(NamedTuple):
    """An occasion that an hour lies in, and what is made of its uplift.

    Attributes:
        occasion: which one.
        expected: before it began.
        uplift: by what came of it; one of the whole stream is corrected within the day by groups.
        kin: of the series it concerns; None: of all.
        share: that it has of the whole stream.
    """

    occasion: Occasion
    expected: Uplift
    uplift: Uplift
    kin: "Kin | None"
    share: float

    def of_lives(self) -> Known:
        return self._diluted(self.kin.lives) if self.kin else self._whole()

    def of_groups(self) -> Known:
        """Of a part of the stream it is not theirs to correct."""
        if self.kin is None:
            return self._whole()
        return Known(self._diluted(self.kin.groups).factor)

    def _whole(self) -> Known:
        return Known(*self.uplift)

    def _diluted(self, kin: Floats) -> Known:
        return self.uplift.diluted(np.where(np.isnan(kin), self.share, kin))


class Kin:
    """How a scope stands to series: they lie inside, or outside, or hold it among others.

    Attributes:
        lives: INSIDE, AMONG_OTHERS or OUTSIDE, by life.
        groups: the same by place of a group.
        itself: the life whose scope it is; NOBODY where none is counted here.
    """

    def __init__(self, scope: Fields) -> None:
        self._scope = scope
        self.lives, self.groups = np.empty(0), np.empty(0)
        self.itself = NOBODY

    def follow(self, lives: Callable[[int], Fields], n: int, groups: Sequence[Fields]) -> None:
        """Take in those that are new; a life and a place are kept until some are retired."""
        fresh = [lives(life) for life in range(self.lives.size, n)]
        if self._scope in fresh:
            self.itself = self.lives.size + fresh.index(self._scope)
        self.lives = np.append(self.lives, [self._of(fields) for fields in fresh])
        later = groups[self.groups.size :]
        self.groups = np.append(self.groups, [self._of(fields) for fields in later])

    def _of(self, fields: Fields) -> float:
        if any(fields.get(name, value) != value for name, value in self._scope.items()):
            return OUTSIDE
        return INSIDE if self._scope.keys() <= fields.keys() else AMONG_OTHERS


class Closing(NamedTuple):
    """What an hour came to.

    Attributes:
        people: by life.
        expectation: of the lives that lived before it.
        learning: by life, whether it is still to learn what is usual.
        whole: people of the stream, and how many were expected before the day corrected it; None
            where its profile is still to learn.
    """

    people: Ints
    expectation: Expectation | None
    learning: Bools
    whole: tuple[float, float] | None


UNSEEN = Closing(np.empty(0, np.int64), None, np.empty(0, np.bool_), None)


class Calendar:
    """What is known of the hours of one stream.

    Args:
        almanac: of the stream.
        stream: its name.
    """

    def __init__(self, almanac: Almanac, stream: str) -> None:
        self._almanac, self._stream = almanac, stream
        self._learnt: dict[str, Learnt] = {}
        self._accounts: dict[str, Account] = {}
        self._kin: dict[tuple[tuple[str, str], ...], Kin] = {}
        self.live: list[Live] = []

    def freeze(
        self, bucket: int, day: int, *, shares: Callable[[int], float],
        lives: Callable[[int], Fields], n: int, groups: Sequence[Fields],
    ) -> None:  # fmt: skip
        """Know the hour: whom it concerns, and how much.

        `shares` is what a life has of the whole stream; `lives` are `n` scopes by number, and
        `groups` those of the groups, of which the first is the whole.
        """
        occasions = self._almanac.at(bucket)
        scopes = {one.scope for one in occasions if one.scope}
        self._kin = {scope: self._kin.get(scope) or self._new(scope) for scope in scopes}
        for kin in self._kin.values():
            kin.follow(lives, n, groups)
        on = {one.identity for one in occasions}
        self._accounts = {key: held for key, held in self._accounts.items() if key in on}
        self.live = [self._lived(one, day, shares) for one in occasions]

    def retire(self) -> None:
        """Lives and groups have moved: whom it concerns is found anew."""
        self._kin = {}

    def uplift(self, kind: str, declared: float = 1.0) -> Uplift:
        """What the next event of a kind is expected to do, by what came of those before."""
        return self._learnt.get(kind, Learnt()).next(declared)

    def _new(self, scope: tuple[tuple[str, str], ...]) -> Kin:
        return Kin({"stream": self._stream, **dict(scope)})

    def _lived(self, one: Occasion, day: int, shares: Callable[[int], float]) -> Live:
        expected = self.uplift(one.kind, one.uplift)
        account = self._accounts.get(one.identity, Account()).at(day)
        kin = self._kin.get(one.scope)
        uplift = account.corrected(expected, today=kin is not None)
        share = shares(kin.itself) if kin and kin.itself != NOBODY else 0.0
        return Live(one, expected, uplift, kin, share)

    def close(self, bucket: int, day: int, closing: Closing) -> None:
        """Note what came of the hour; learn from the occasions that end with it."""
        for live in self.live:
            one = live.occasion
            account = self._accounts.get(one.identity, Account())
            if (seen := _seen(live, closing)) is not None:
                account = account.add(observed=seen[0], expected=seen[1], day=day)
            self._accounts[one.identity] = account
            if one.until == bucket + 1:
                learnt = self._learnt.get(one.kind, Learnt())
                self._learnt[one.kind] = learnt.after(account, expected=live.expected)

    @property
    def of_groups(self) -> Known:
        """By place of a group."""
        known = [live.of_groups() for live in self.live]
        weekdays = [live.occasion.weekday for live in self.live]
        return _all(known, next((day for day in weekdays if day is not None), None))

    @property
    def of_whole(self) -> Known:
        known = self.of_groups
        return replace(known, factor=float(np.ravel(known.factor)[0]))

    def of_lives(self, groups: Ints) -> Known:
        """By life, beside what is known of its group."""
        parts = [live for live in self.live if live.kin is not None]
        if not parts:
            return ORDINARY
        own = _all([live.of_lives() for live in parts])
        borrowed = _all([live.of_groups() for live in parts])
        return Known(own.factor / np.asarray(borrowed.factor)[groups], own.doubt)

    def names(self, life: int) -> list[str]:
        """Of those that concern a series."""
        return [
            live.occasion.name
            for live in self.live
            if live.kin is None or live.kin.lives[life] != OUTSIDE
        ]

    def snapshot(self) -> dict[str, Any]:
        return {"learnt": self._learnt, "accounts": self._accounts}

    def restore(self, held: dict[str, Any]) -> None:
        self._learnt = {kind: Learnt(*learnt) for kind, learnt in held["learnt"].items()}
        self._accounts = {key: Account.of(parts) for key, parts in held["accounts"].items()}


def _seen(live: Live, closing: Closing) -> tuple[float, float] | None:
    """People of the occasion in the hour, and how many had been expected without it."""
    if live.kin is None:
        return closing.whole and (closing.whole[0], closing.whole[1] / live.uplift.factor)
    life, expectation = live.kin.itself, closing.expectation
    if expectation is None or not 0 <= life < expectation.mean.size or closing.learning[life]:
        return None
    return float(closing.people[life]), float(expectation.mean[life]) / live.uplift.factor


def _all(known: Sequence[Known], weekday: int | None = None) -> Known:
    """What several occasions make of an hour."""
    factor: Floats | float = 1.0
    doubt: Floats | float = 0.0
    for one in known:
        factor, doubt = factor * one.factor, doubt + one.doubt
    return Known(factor, doubt, weekday)
