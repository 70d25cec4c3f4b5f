"""Dashboard "Crisis overview": what is happening, and whether we can see it."""

from alerts.colour import Colour
from alerts.words import Words
from dashboards import panels
from dashboards.panels import BLUE, ORANGE, RED, YELLOW, Panel, Query, Step, figure, graph, listing

UID = "tocsin-overview"
HUES = {Colour.BLUE: BLUE, Colour.YELLOW: YELLOW, Colour.ORANGE: ORANGE, Colour.RED: RED}
# Both sides have one series a slot; the scope's text is on the left one alone.
JOINED = "* on (job, instance, slot) group_left ()"


def build(words: Words) -> str:
    """The JSON of the dashboard."""
    return panels.board(
        words.say("Crisis overview"),
        UID,
        words.say("Open incidents, what stands out, and whether anything hides from us."),
        [
            panels.row(words.say("Now")),
            *_now(words),
            panels.row(words.say("What stands out")),
            *_standing_out(words),
            panels.row(words.say("Streams and messages")),
            *_flow(words),
        ],
    )


def _now(words: Words) -> list[Panel]:
    return [
        *(_open(words, colour) for colour in reversed(Colour)),
        _ready(words),
        _age(words),
        _silent(words),
    ]


def _open(words: Words, colour: Colour) -> Panel:
    return figure(
        words.say("Open, {colour}", colour=words.name("colour", colour)),
        words.say("Incidents of this colour that are open."),
        Query(f'sum(tocsin_open_incidents{{colour="{colour}"}})'),
        unit="short", steps=[Step(1, HUES[colour])], width=3,
    )  # fmt: skip


def _ready(words: Words) -> Panel:
    return figure(
        words.say("Workers not ready"),
        words.say("Above 0, some part does not work: see Pipeline."),
        Query("count(tocsin_ready == 0) or vector(0)"),
        unit="short", steps=[Step(1, RED)],
    )  # fmt: skip


def _age(words: Words) -> Panel:
    return figure(
        words.say("We see up to"),
        words.say(
            "Age of the event time that every source has passed; "
            "what is younger is not judged yet."
        ),
        Query("max(time() - tocsin_watermark_timestamp_seconds)"),
        unit="s", steps=[Step(3600, ORANGE), Step(7200, RED)],
    )  # fmt: skip


def _silent(words: Words) -> Panel:
    return figure(
        words.say("Silent sources"),
        words.say("Sources, and channels in them, that bring nothing; their incidents name them."),
        Query("sum(max by (stream) (tocsin_silent_sources))"),
        unit="short", steps=[Step(1, ORANGE)],
    )  # fmt: skip


def _standing_out(words: Words) -> list[Panel]:
    return [
        listing(
            words.say("Greatest excess"),
            words.say(
                "Scopes with an open alarm: people above the expected, "
                "and observed over expected."
            ),
            [
                Query(f"max by (scope) (tocsin_top_scope_info {JOINED} tocsin_top_excess_people)"),
                Query(f"max by (scope) (tocsin_top_scope_info {JOINED} tocsin_top_multiple_ratio)"),
            ],
            by="scope",
            columns={
                "scope": words.say("Scope"),
                "Value #A": words.say("People above expected"),
                "Value #B": words.say("Times the expected"),
            },
        ),
        graph(
            words.say("Open incidents"),
            words.say("By colour."),
            Query("sum by (colour) (tocsin_open_incidents)", "{{colour}}"),
            unit="short", width=12, stacked=True,
        ),
    ]  # fmt: skip


def _flow(words: Words) -> list[Panel]:
    return [
        graph(
            words.say("Events counted"),
            words.say("Per second by topic; dashed, a week before."),
            Query(f"sum by (topic) ({_counted('')})", "{{topic}}"),
            Query(
                f"sum by (topic) ({_counted(' offset 7d')})",
                words.say("{series}, 7 d before", series="{{topic}}"),
            ),
            unit="cps",
        ),
        graph(
            words.say("Signals in an hour"),
            words.say("What detection has said, by kind and state."),
            Query(
                "sum by (kind, state) (increase(tocsin_signals_total[1h]))", "{{kind}} {{state}}"
            ),
            unit="short",
        ),
        graph(
            words.say("Messages in an hour"),
            words.say("By channel and how they ended."),
            Query(
                "sum by (channel, state) "
                '(increase(tocsin_deliveries_total{state=~"sent|failed|unknown"}[1h]))',
                "{{channel}} {{state}}",
            ),
            unit="short",
        ),
    ]


def _counted(offset: str) -> str:
    return f'rate(tocsin_events_total{{outcome="counted"}}[$__rate_interval]{offset})'
