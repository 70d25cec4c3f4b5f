import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from detectors.text import category, harm, sentiment
from detectors.text.canonical import canonical
from detectors.text.reposts.essence import essences
from detectors.text.reposts.reposts import Reposts
from streams.events.event import Complaint, Mention, Rejected
from streams.events.parsing import Reader
from streams.traffic.draws import dice
from streams.traffic.generator import Traffic, generate
from streams.traffic.population import CHINA, Phrases, book, population
from streams.traffic.scenarios.campaign import Campaign
from streams.traffic.scenarios.defect_batch import DefectBatch
from streams.traffic.scenarios.regional_surge import RegionalSurge
from streams.traffic.scenarios.safety_report import SafetyReport
from streams.traffic.scenarios.scenario import Kind
from streams.traffic.scenarios.silence import Silence
from streams.traffic.scenarios.social_wave import SocialWave
from streams.traffic.schedule import lately
from streams.traffic.transport import Made
from tocsin.generate import generate as command

START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=7)


def week(seed: int = 5, **rest: Any) -> Traffic:
    return generate(seed=seed, start=START, days=7, **rest)


def digest(traffic: Traffic) -> str:
    return hashlib.sha256(b"\n".join(made.raw for made in traffic)).hexdigest()


@cache
def usual(seed: int = 5) -> tuple[Made, ...]:
    """A week without incidents, made once for all tests."""
    return tuple(week(seed))


def events(traffic: Iterable[Made]) -> list[Complaint | Mention]:
    """Those that arrive whole, each once."""
    return [made.event for made in traffic if not (made.damage or made.again)]


def complaints(traffic: Iterable[Made]) -> list[Complaint]:
    return [event for event in events(traffic) if isinstance(event, Complaint)]


def mentions(traffic: Iterable[Made]) -> list[Mention]:
    return [event for event in events(traffic) if isinstance(event, Mention)]


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    once = week()
    assert digest(once) == digest(once) == digest(week())
    assert digest(once) != digest(week(6))


def test_records_come_in_the_order_in_which_they_arrive() -> None:
    traffic = week()
    arrivals = [made.arrives for made in traffic]
    assert all(before <= after for before, after in pairwise(arrivals))
    assert traffic.start <= arrivals[0]
    assert arrivals[-1] < traffic.end == traffic.start + 7 * 86_400_000


def test_an_incident_adds_its_events_and_changes_nothing_else() -> None:
    loud = [incident for incident in lately(END) if incident.kind != Kind.SILENCE]
    eventful = week(incidents=loud)
    labelled = {event for label in eventful.labels for event in label.events}
    assert [made for made in eventful if made.event.id not in labelled] == list(usual())


def test_a_silence_takes_all_of_its_channel_and_changes_nothing_else() -> None:
    begins, ends = START + timedelta(days=2, hours=9), START + timedelta(days=4)
    silent = Silence(begins=begins, lasts=ends - begins, channel="web")

    def lost(event: Complaint | Mention) -> bool:
        happened = datetime.fromtimestamp(event.time / 1000, UTC)
        return getattr(event, "channel", "") == "web" and begins <= happened < ends

    quiet = list(week(incidents=[silent]))
    assert quiet == [made for made in usual() if not lost(made.event)]
    assert len(usual()) - len(quiet) > 300


def test_an_incident_tells_nothing_through_a_channel_that_is_silent() -> None:
    report = SafetyReport(begins=END - timedelta(hours=3), channel="web")
    silent = Silence(begins=END - timedelta(hours=9), lasts=timedelta(hours=9), channel="web")
    traffic = week(incidents=[report, silent])
    assert [label.kind for label in traffic.labels] == [Kind.SILENCE]
    assert traffic.labels[0].events == ()
    assert traffic.labels[0].begins == "2026-03-08T15:00:00.000+00:00"


@pytest.mark.parametrize("per_day", [800, 3200])
def test_the_volume_is_what_was_asked_for(per_day: int) -> None:
    streams = Counter(made.stream for made in week(per_day=per_day))
    assert streams["complaints"] / 7 == pytest.approx(0.75 * per_day, rel=0.12)
    assert streams["mentions"] / 7 == pytest.approx(0.25 * per_day, rel=0.12)


def test_nights_are_quiet_and_mondays_busier_than_sundays() -> None:
    local = [datetime.fromtimestamp(c.time / 1000, CHINA) for c in complaints(usual())]
    hours, weekdays = Counter(t.hour for t in local), Counter(t.weekday() for t in local)
    assert hours[10] > 10 * hours[3]
    assert weekdays[0] > 1.1 * weekdays[6]


def test_counts_scatter_more_than_chance_but_moderately() -> None:
    traffic = generate(seed=4, start=START, days=35, per_day=3200)
    noon = Counter(
        local.date()
        for c in complaints(traffic)
        if (local := datetime.fromtimestamp(c.time / 1000, CHINA)).hour == 12
        and local.weekday() < 5
    )
    counts = np.array(list(noon.values())[1:-1])
    assert 1.2 < counts.var() / counts.mean() < 6


def test_people_come_again_about_the_same_matter_within_days() -> None:
    first: dict[tuple[Any, ...], int] = {}
    gaps = []
    for c in sorted(complaints(usual()), key=lambda c: c.time):
        matter = (c.person, c.product, c.category)
        if c.person and matter in first:
            gaps.append(c.time - first[matter])
        first.setdefault(matter, c.time)
    assert 0.04 < len(gaps) / len(complaints(usual())) < 0.12
    assert max(gaps) < 7 * 86_400_000


def test_reposts_follow_an_original_and_name_it() -> None:
    posts = {m.id: m for m in mentions(usual())}
    reposts = [m for m in posts.values() if m.repost_of]
    assert len(reposts) > 0.2 * len(posts)
    known = [(posts[m.repost_of], m) for m in reposts if m.repost_of in posts]
    assert len(known) > 0.99 * len(reposts)
    for original, repost in known:
        assert original.repost_of is None
        assert (repost.root, repost.text) == (original.id, original.text)
        assert repost.time > original.time


def test_some_events_are_late_and_fewer_too_late() -> None:
    delays = np.array([made.delay for made in usual() if not made.again])
    within, beyond = (delays > 60_000) & (delays <= 900_000), delays > 900_000
    assert (delays > 0).all()
    assert within.sum() > beyond.sum() > 10


def test_sources_leave_fields_out() -> None:
    filed = complaints(usual())
    for field in ("category", "sentiment", "batch", "person", "region", "text"):
        missing = sum(getattr(c, field) is None for c in filed)
        assert 0 < missing < len(filed), field


def test_exactly_the_damaged_records_are_refused() -> None:
    readers = {"complaints": Reader("complaints"), "mentions": Reader("mentions")}
    traffic = list(generate(seed=2, start=START, days=14))
    for made in traffic:
        read = readers[made.stream].raw(made.raw)
        assert isinstance(read, Rejected) == bool(made.damage), made
        assert b"\n" not in made.raw
    assert 5 < sum(bool(made.damage) for made in traffic) < 300


def test_every_id_is_made_once_and_some_are_delivered_again() -> None:
    traffic = list(week(incidents=lately(END)))
    whole = [made for made in traffic if not made.damage]
    ids = Counter(made.event.id for made in whole if not made.again)
    assert set(ids.values()) == {1}
    again = [made for made in whole if made.again]
    assert 5 < len(again) < 60
    assert all(ids[made.event.id] == 1 for made in again)


def said(phrases: Phrases) -> list[str]:
    people = population()
    return [
        people.words(template, language, product=product, region="Henan", n=digit, batch="K2603-01")
        for language, templates in phrases.items()
        for template in templates
        for product in people.products
        for digit in (2, 9)
    ]


def test_ordinary_phrases_state_no_harm_that_alerts_by_itself() -> None:
    written = book()
    ordinary = [
        *written.grumbles.values(), *written.posts.values(), written.again, written.defect,
        written.wave.root, written.wave.own, written.campaign.posts, written.campaign.questions,
    ]  # fmt: skip
    for text in (text for phrases in ordinary for text in said(phrases)):
        assert not harm.read(canonical(text)).strict, text


def test_every_safety_phrase_states_an_injury() -> None:
    for text in said(book().safety):
        assert harm.Harm.INJURY in harm.read(canonical(text)).strict, text


def test_a_grumble_is_never_read_as_another_category() -> None:
    assert set(book().grumbles) == set(population().categories)
    assert set(population().categories) == set(category.Category) - {category.Category.UNKNOWN}
    for about, phrases in book().grumbles.items():
        for text in said(phrases):
            assert category.read(canonical(text)) in {about, category.Category.UNKNOWN}, text


def test_asides_say_nothing_of_a_matter_or_a_mood() -> None:
    for text in (text for rows in book().asides.values() for row in rows for text in row):
        read = canonical(text)
        assert harm.read(read) == harm.NO_HARM, text
        assert category.read(read) == category.Category.UNKNOWN, text
        assert sentiment.read(read) == sentiment.Sentiment.UNKNOWN, text


def test_original_posts_are_in_words_of_their_own() -> None:
    wave = SocialWave(begins=END - timedelta(hours=9))
    own = [post for post in mentions(week(incidents=[wave])) if not post.repost_of]
    known = Reposts(horizon=7 * 86_400_000, most=1 << 16)
    times = np.array([post.time for post in own])
    copies = known.match(essences([post.text or "" for post in own]), times).copies
    assert copies.mean() < 0.01


def test_a_defect_batch_is_different_persons_about_one_batch_within_two_days() -> None:
    traffic = week(incidents=[DefectBatch(begins=END - timedelta(hours=44))])
    (label,) = traffic.labels
    told = [c for c in complaints(traffic) if c.id in set(label.events)]
    assert len(told) == len(label.events) == 14
    assert {c.batch for c in told} == {label.scope["batch"]}
    assert {c.product for c in told} == {label.scope["product"]}
    people = [c.person for c in told if c.person]
    assert len(set(people)) == len(people)
    assert {c.category for c in told} <= {"product_quality", None}
    assert max(c.time for c in told) - min(c.time for c in told) < 2 * 86_400_000
    others = [c for c in complaints(usual()) if c.batch == label.scope["batch"]]
    assert len(others) < 7


@pytest.mark.parametrize("times", [4.0, 6.0])
def test_a_regional_surge_multiplies_what_is_usual_at_the_hour(times: float) -> None:
    begins = datetime(2026, 3, 5, 2, tzinfo=UTC)
    surge = RegionalSurge(begins=begins, times=times, region="Guangdong", category="billing")

    added = [len(week(seed, incidents=[surge]).labels[0].events) for seed in range(5)]
    without = [
        sum(
            c.category == "billing" and c.region == "Guangdong" and _hour(c) in range(10, 16)
            for c in complaints(usual(seed))
        )
        / 7
        for seed in range(5)
    ]
    assert sum(added) / sum(without) == pytest.approx(times - 1, rel=0.35)


def _hour(c: Complaint) -> int:
    return datetime.fromtimestamp(c.time / 1000, CHINA).hour


def test_a_social_wave_is_one_post_that_is_shared_and_others_that_join_in() -> None:
    wave = SocialWave(begins=END - timedelta(hours=20), product="Display D27")
    traffic = week(incidents=[wave])
    (label,) = traffic.labels
    told = sorted((m for m in mentions(traffic) if m.id in set(label.events)), key=lambda m: m.time)
    root, *rest = told
    assert (root.followers, root.sentiment) == (1_200_000, "negative")
    copies = [post for post in rest if post.repost_of]
    assert {(c.repost_of, c.root, c.text) for c in copies} == {(root.id, root.id, root.text)}
    assert len(copies) == wave.reposts
    own = [post for post in rest if not post.repost_of]
    assert len(own) == len({post.author for post in own}) == wave.posts
    assert {post.product for post in told} == {"Display D27"}
    middle = told[len(told) // 2].time - root.time
    assert middle < 8 * 3_600_000 / 2  # it rises faster than it ebbs


def test_what_joins_a_wave_is_against_the_product_and_a_campaign_is_not() -> None:
    joining, praising = book().wave.own, book().campaign.posts
    moods = Counter(sentiment.read(canonical(text)) for text in said(joining))
    assert moods[sentiment.Sentiment.NEGATIVE] > 0.8 * moods.total()
    for text in [*said(praising), *said(book().campaign.questions)]:
        assert sentiment.read(canonical(text)) is not sentiment.Sentiment.NEGATIVE, text


def test_a_campaign_raises_what_is_said_of_its_product_moderately() -> None:
    begins, days = START + timedelta(days=1), 4
    added = [
        week(seed, incidents=[Campaign(begins=begins, product="Router R5")]) for seed in range(3)
    ]
    posts = [post for traffic in added for post in traffic.planted if isinstance(post, Mention)]
    without = [
        post
        for seed in range(3)
        for post in mentions(usual(seed))
        if post.product == "Router R5" and not post.repost_of
    ]
    assert len(posts) / days / (len(without) / 7) == pytest.approx(0.3, rel=0.25)
    assert {post.sentiment for post in posts} == {"positive", None}
    assert {label.innocent for traffic in added for label in traffic.labels} == {True}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_safety_report_is_one_complaint_that_states_an_injury(language: Any) -> None:
    report = SafetyReport(begins=END - timedelta(hours=3), language=language)
    traffic = week(incidents=[report])
    (label,) = traffic.labels
    (told,) = [c for c in complaints(traffic) if c.id in label.events]
    assert told.text
    assert told.text.isascii() == (language == "en")
    assert harm.read(canonical(told.text)).strict == {harm.Harm.INJURY}
    assert told.severity != "safety"


def test_batches_on_sale_are_named_by_month_and_number() -> None:
    held = population().batches("Kettle K3", on=START.date())
    assert held[0] == "K2602-07"  # Monday the 16th of February, two weeks before
    assert len(set(held)) == len(held) > 70


@given(seed=st.integers(0, 2**32), day=st.integers(0, 10_000))
def test_dice_depend_on_every_number(seed: int, day: int) -> None:
    assert dice(seed, day).integers(2**60) == dice(seed, day).integers(2**60)
    assert dice(seed, day).integers(2**60) != dice(seed, day + 1).integers(2**60)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"days": 0}, "days must be at least 1, got 0"),
        ({"per_day": 0.0}, "per_day must be above 0 and finite, got 0.0"),
        ({"start": datetime(2026, 3, 2)}, "start must have a zone, got 2026-03-02T00:00:00"),  # noqa: DTZ001 - the mistake
        ({"incidents": [SafetyReport(begins=END)]}, "safety_report must lie within"),
    ],
)
def test_an_argument_that_is_wrong_is_named_with_its_rule(
    wrong: dict[str, Any], message: str
) -> None:
    right: dict[str, Any] = {"seed": 1, "start": START, "days": 7}
    with pytest.raises(ValueError, match=message):
        generate(**(right | wrong))


def run(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments))


def test_the_command_writes_both_streams_and_the_labels(tmp_path: Path) -> None:
    out, labels = tmp_path / "made", tmp_path / "labels.jsonl"
    done = run(
        "--seed", "4", "--days", "3", "--out", str(out), "--labels", str(labels),
        "--incident", "defect_batch", "--incident", "silence",
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "")
    written = [msgspec.json.decode(line) for line in labels.read_bytes().splitlines()]
    assert [label["kind"] for label in written] == [Kind.DEFECT_BATCH, Kind.SILENCE]
    assert [bool(label["events"]) for label in written] == [True, False]
    for stream in ("complaints", "mentions"):
        lines = (out / f"{stream}.jsonl").read_bytes().splitlines()
        assert len(lines) > 1000


def test_a_file_named_after_a_stream_takes_that_stream_alone(tmp_path: Path) -> None:
    out = tmp_path / "mentions-made.jsonl"
    assert run("--days", "1", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b'{"id":"M')
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--days", "0", "--out", "made"], "days must be at least 1, got 0\n"),
        (["--days", "1", "--out", "updates.jsonl"], "updates.jsonl: must begin its name with"),
        (["--days", "1", "--out", "made", "--incident", "defect_batch"], "defect_batch must lie"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
