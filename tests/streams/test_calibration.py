"""Calibration on a history: which thresholds are found, and what they would have changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.signal import Kind
from detectors import burst
from detectors.burst import AFFORDABLE
from streams import settings
from streams.calibration import written
from streams.calibration.attendance import Attendance
from streams.calibration.search import Calibration, Note, Search
from streams.calibration.trial import Clean
from streams.configuration.sections import BUDGETED
from streams.detection.judges.bench import MAKERS
from streams.detection.judges.judge import Judge, Seat, kind_of
from streams.detection.signals import moment
from streams.detection.stream import Watch
from streams.hindsight import marks
from streams.hindsight.called import Called, called
from streams.hindsight.marks import Case, Mark, Ruling
from streams.rulesets.acceptance import Loss
from streams.settings import Detection, Settings, SettingsError
from tests.alerts.samples import run, scoped, surge

WEEK = 168
FIRST = 480_000  # an hour since the epoch
PLACES = {"surge": 30, "share": 10}
DEFAULT = {kind.value: 1.0 for kind in BUDGETED}


@dataclass(frozen=True)
class Peak:
    """What rises to so many times the threshold of the budget, in some hour of the history.

    It is of a product of its own, unless it is `of` that of another hour.
    """

    hour: int
    height: float
    kind: Kind = Kind.SURGE
    of: int | None = None

    @property
    def product(self) -> str:
        return f"product {self.hour if self.of is None else self.of}"


@dataclass(frozen=True)
class Past:
    """A history in which these peaks are called by thresholds below them."""

    peaks: Sequence[Peak]
    weeks: float = 10.0

    def play(self, under: Settings, watch: Watch | None) -> Sequence[Called]:
        if isinstance(watch, Attendance):
            for hour in range(int(self.weeks * WEEK)):
                for method, places in PLACES.items():
                    watch.note(method, FIRST + hour, places)
        thresholds = under.detection.thresholds
        found = [one for one in self.peaks if one.height >= thresholds.get(one.kind, 1.0)]
        return [_incident(one) for one in found]


class Fickle(Past):
    """One of which the last peak is called under the present thresholds alone."""

    def play(self, under: Settings, watch: Watch | None) -> Sequence[Called]:
        found = Past.play(self, under, watch)
        return found[:-1] if under.detection.thresholds.keys() - {Kind.BURST} else found


def _incident(peak: Peak) -> Called:
    at = moment(FIRST + peak.hour)
    scope = scoped(product=peak.product)
    signal = surge(
        f"{peak}", kind=peak.kind, scope=scope, at=at, onset=at - timedelta(hours=1),
        bucket=at, score=peak.height, threshold=1.0,
    )  # fmt: skip
    _, decisions = run([signal])
    return called([line for one in decisions for line in one.incidents], [signal])[0]


def by_theory(*, loud: float, weeks: int = 10, kind: Kind = Kind.SURGE) -> list[Peak]:
    """At k times the threshold there are `loud` / k alarms a week of a method."""
    total = 30 * weeks  # those of 1/30 of the threshold
    spread = [int(WEEK * weeks * (n + 0.5) / total) for n in range(total)]
    heights = [loud * weeks / (1 + (n * 7919) % total) for n in range(total)]
    return [Peak(hour, height, kind) for hour, height in zip(spread, heights, strict=True)]


def calibrated(past: Past, *known: Mark, budget: float = 4.0) -> Calibration:
    chosen = Settings(detection=Detection(false_alarms_per_week=budget))
    return Search(chosen, past.play, lambda found: placed(known, found)).found()


def placed(known: Sequence[Mark], found: Sequence[Called]) -> list[Case]:
    return marks.placed(Path("marks.csv"), known, found)


def marked(peak: Peak, ruling: Ruling = Ruling.REAL) -> Mark:
    scope = {"product": peak.product}
    return Mark(2, ruling, scope=scope, at=moment(FIRST + peak.hour))


def of(found: Calibration, method: str) -> tuple[float, Note]:
    return next((one.times, one.note) for one in found.findings if one.method == method)


def test_a_method_that_alarms_eight_times_too_often_gets_a_threshold_about_so_much_higher() -> None:
    found = calibrated(Past(by_theory(loud=24.0)))  # its part is 3 a week
    times, note = of(found, "surge")
    assert note is Note.FOUND
    assert times == pytest.approx(8.0, rel=0.25)
    (one,) = [one for one in found.findings if one.method == "surge"]
    assert one.share.a_week == pytest.approx(3.0)
    assert one.now.mean == pytest.approx(24.0, rel=0.05)
    assert one.expected.low < 3.0 < one.expected.high
    assert one.expected.mean == pytest.approx(3.0, rel=0.1)
    assert len(found.after) == pytest.approx(30, abs=4)
    assert len(found.gone) == len(found.before) - len(found.after)
    assert found.new == []


def test_a_quiet_method_becomes_more_sensitive_and_says_what_would_be_called_as_well() -> None:
    found = calibrated(Past(by_theory(loud=0.75)))
    times, _ = of(found, "surge")
    assert 0.2 < times < 0.5
    assert found.gone == []
    assert len(found.new) == len(found.after) - len(found.before) > 0


def test_methods_share_the_budget_by_their_places_and_are_calibrated_apart() -> None:
    both = [*by_theory(loud=24.0), *by_theory(loud=0.5, kind=Kind.SHARE)]
    found = calibrated(Past(both))
    assert of(found, "surge")[0] > 4
    assert of(found, "share")[0] < 1
    assert of(found, "weekly") == (1.0, Note.LEARNING)


@dataclass(frozen=True)
class Busy(Past):
    """One in which burst has three series beside thirty of the surge."""

    def play(self, under: Settings, watch: Watch | None) -> Sequence[Called]:
        if isinstance(watch, Attendance):
            for hour in range(int(self.weeks * WEEK)):
                watch.note("surge", FIRST + hour, 30)
                watch.note("burst", FIRST + hour, 3)
        return Past.play(self, under, None)


def test_busy_series_have_no_more_of_the_budget_than_all_others_and_begin_where_they_are_told() -> (
    None
):
    (one,) = (o for o in calibrated(Busy([])).findings if o.method == "burst")
    assert one.share.places == 3
    assert one.share.a_week == pytest.approx(2.0)
    assert one.before == AFFORDABLE
    short = calibrated(Busy([], weeks=0.2))
    assert of(short, "burst") == (AFFORDABLE, Note.SHORT)
    assert short.times == {}


def test_a_real_burst_that_is_called_and_not_told_stays_called_though_bursts_are_too_many() -> None:
    """Where none is set they are called from 1 on, and told from `AFFORDABLE` on."""
    real = Peak(800, 2.0, Kind.BURST)
    loud = [one for one in by_theory(loud=24.0, kind=Kind.BURST) if abs(one.hour - 800) > 60]
    assert calibrated(Busy([*loud])).times["burst"] > 4
    found = calibrated(Busy([*loud, real]), marked(real))
    assert found.uncalled == []
    assert of(found, "burst") == (AFFORDABLE, Note.LIMITED)
    assert "burst" not in found.times
    assert found.still(found.cases[0])
    assert found.gone == []


def test_a_series_that_bursts_only_while_it_is_real_loses_nothing() -> None:
    real = Peak(800, 2.0, Kind.BURST)

    class Seldom(Past):
        def play(self, under: Settings, watch: Watch | None) -> Sequence[Called]:
            if isinstance(watch, Attendance):
                for hour in range(int(self.weeks * WEEK)):
                    watch.note("surge", FIRST + hour, 30)
                    watch.note("burst", FIRST + hour, int(790 <= hour < 810))
            return Past.play(self, under, None)

    loud = [one for one in by_theory(loud=24.0) if abs(one.hour - 800) > 60]
    found = calibrated(Seldom([*loud, real]), marked(real))
    assert found.times["surge"] > 4
    assert found.verdict.allowed
    assert found.held == []
    assert found.still(found.cases[0])


def test_bursts_that_are_told_as_often_as_allowed_stay_as_shipped() -> None:
    found = calibrated(Busy(by_theory(loud=2.0 * AFFORDABLE, kind=Kind.BURST)))
    assert of(found, "burst") == (AFFORDABLE, Note.FOUND)
    assert "burst" not in found.times


def test_a_threshold_that_tells_more_and_calls_less_is_not_set_where_what_is_lost_is_real() -> None:
    real = Peak(800, 1.2, Kind.BURST)
    some = [one for one in by_theory(loud=4.0, kind=Kind.BURST) if abs(one.hour - 800) > 60]
    assert 1.2 < calibrated(Busy(some)).times["burst"] < AFFORDABLE
    found = calibrated(Busy([*some, real]), marked(real))
    assert of(found, "burst") == (AFFORDABLE, Note.LIMITED)
    assert found.verdict.allowed
    assert found.gone == []


def test_a_burst_that_may_be_told_as_it_is_called_is_set_so() -> None:
    found = calibrated(Busy(by_theory(loud=2.0, kind=Kind.BURST)))
    assert found.times["burst"] == pytest.approx(1.0, rel=0.2)


def test_a_short_history_changes_nothing() -> None:
    found = calibrated(Past([Peak(5, 3.0)], weeks=0.2))
    assert of(found, "surge") == (1.0, Note.SHORT)
    assert not found.changes
    assert found.times == {}


def test_a_calibration_that_would_lose_what_is_real_is_held_back_and_names_it() -> None:
    real = Peak(800, 2.0)
    loud = [peak for peak in by_theory(loud=24.0) if abs(peak.hour - real.hour) > 60]
    assert of(calibrated(Past([*loud, real])), "surge")[0] > 4
    found = calibrated(Past([*loud, real]), marked(real))
    times, note = of(found, "surge")
    assert note is Note.LIMITED
    assert 1.0 <= times <= 2.0
    assert [(held.case.mark.row, held.method) for held in found.held] == [(2, "surge")]
    assert found.still(found.cases[0])


def test_what_is_real_is_not_kept_by_the_next_of_its_kind() -> None:
    """They are two incidents, as `tocsin rules apply` counts them."""
    real, next_ = Peak(800, 2.0), Peak(815, 50.0, of=800)
    loud = [peak for peak in by_theory(loud=24.0) if abs(peak.hour - real.hour) > 60]
    found = calibrated(Past([*loud, real, next_]), marked(real))
    assert [(held.case.mark.row, held.method) for held in found.held] == [(2, "surge")]
    assert found.verdict.allowed


def test_what_is_lost_though_methods_were_held_back_forbids_it() -> None:
    real = Peak(800, 9.0)
    loud = [*by_theory(loud=24.0), *by_theory(loud=24.0, kind=Kind.SHARE)]
    loud = [peak for peak in loud if abs(peak.hour - real.hour) > 60]
    found = calibrated(Fickle([*loud, real]), marked(real), marked(real))
    assert [(one.called.signal.score, one.why) for one in found.verdict.lost] == [
        (9.0, Loss.UNCALLED)
    ]


def test_what_is_real_and_the_time_around_it_is_no_false_alarm() -> None:
    real, near, far = Peak(500, 9.0), Peak(510, 9.0), Peak(900, 9.0)
    clean = Clean(placed([marked(real)], []))
    assert [clean.false(_incident(one)) for one in (real, near, far)] == [False, False, True]
    told = Clean(placed([marked(real), marked(near, Ruling.NOT_A_CRISIS)], []))
    assert [told.false(_incident(one)) for one in (real, near, far)] == [False, True, True]


def test_what_is_real_stays_so_though_the_next_of_its_kind_is_marked_as_none() -> None:
    real, next_ = Peak(500, 9.0, of=500), Peak(520, 9.0, of=500)
    told = Clean(placed([marked(real), marked(next_, Ruling.NOT_A_CRISIS)], []))
    assert [told.false(_incident(one)) for one in (real, next_)] == [False, True]
    both = Clean(placed([marked(real, Ruling.NOT_A_CRISIS), marked(real)], []))
    assert not both.false(_incident(real))


def test_what_is_real_and_not_called_now_is_named_and_holds_nothing_back() -> None:
    found = calibrated(Past(by_theory(loud=24.0)), marked(Peak(9000, 1.0)))
    assert [case.mark.row for case in found.uncalled] == [2]
    assert found.held == []


def test_a_second_calibration_finds_what_the_first_did() -> None:
    past = Past(by_theory(loud=24.0))
    first = calibrated(past)
    thresholds = {Kind(method): times for method, times in first.times.items()}
    again = Settings(detection=Detection(false_alarms_per_week=4.0, thresholds=thresholds))
    second = Search(again, past.play, lambda _: []).found()
    assert second.times == pytest.approx(first.times, rel=0.05)


@given(
    hours=st.dictionaries(
        st.integers(0, 400), st.fixed_dictionaries(dict.fromkeys(PLACES, st.integers(0, 50)))
    ),
    budget=st.floats(0.1, 100.0),
)
def test_the_parts_of_all_methods_add_up_to_the_budget(
    hours: dict[int, dict[str, int]], budget: float
) -> None:
    attendance = Attendance()
    for hour, judged in hours.items():
        for method, places in judged.items():
            attendance.note(method, hour, places)
    shares = attendance.shares(budget)
    watched = sum(any(judged.values()) for judged in hours.values())
    assert sum(one.allowed for one in shares.values()) == pytest.approx(budget * watched / WEEK)


def test_an_hour_around_what_is_real_takes_no_part_of_the_budget() -> None:
    attendance = Attendance()
    for hour in range(10):
        attendance.note("surge", hour, 5)
    assert attendance.shares(WEEK, clean=lambda hour: hour >= 4)["surge"].allowed == 6.0


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "tocsin.toml"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "home = 'x'\n",
        "# mine\n[detection] # ours\nseries = 50 # few\n\n# next\n[calendar]\ncountry = 'CN'\n",
        "[detection]\nthresholds = { surge = 2.0, burst = 9 } # found\nseries = 50\n",
    ],
)
def test_thresholds_are_set_in_the_file_and_all_else_stays(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    before = settings.load(file)
    file.write_bytes(written.content(file, {"surge": 0.5, "weekly": 3.0}))
    after = settings.load(file)
    assert after.detection.thresholds == {Kind.SURGE: 0.5, Kind.WEEKLY: 3.0}
    assert after.detection.series == before.detection.series
    assert after.calendar == before.calendar
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert all(comment in file.read_text(encoding="utf-8") for comment in comments)


def test_a_file_of_windows_keeps_its_line_ends(file: Path) -> None:
    file.write_bytes(b"# mine\r\n[detection] # ours\r\nseries = 50\r\n")
    file.write_bytes(written.content(file, {"surge": 0.5}))
    assert file.read_bytes() == (
        b"# mine\r\n[detection] # ours\r\nthresholds = { surge = 0.5 }\r\nseries = 50\r\n"
    )


def test_a_file_that_sets_them_in_another_form_stays_as_it_is(file: Path) -> None:
    text = "[detection.thresholds]\nsurge = 2.0\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="must be in one line below"):
        file.write_bytes(written.content(file, {"surge": 0.5}))
    assert file.read_text(encoding="utf-8") == text


def test_a_method_without_chance_has_no_threshold(file: Path) -> None:
    file.write_text("[detection]\nthresholds = { trigger = 2.0 }\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"with a budget \(batch, burst, .*\), got 'trigger'"):
        settings.load(file)


def test_each_method_leads_to_a_kind_of_signals() -> None:
    assert {kind_of(method) for method in MAKERS} <= set(Kind)


def test_each_judge_that_may_alarm_falsely_says_how_many_series_it_judges() -> None:
    ours = [
        one
        for one in Judge.__subclasses__()
        if one.__module__.startswith("streams.detection.judges.")
    ]
    silent = {one.__name__ for one in ours if "judged" not in vars(one)}
    assert silent == {"RuleJudge", "TraceJudge", "TriggerJudge"}


@pytest.mark.parametrize(("times", "threshold"), [(1.0, 168_000.0), (0.5, 84_000.0)])
def test_a_seat_has_the_threshold_of_its_method(times: float, threshold: float) -> None:
    chosen = Settings(detection=Detection(thresholds={Kind.BURST: times}))
    seat = Seat("complaints", chosen, (), ZoneInfo("UTC"), 168_000.0, lambda *_: True)
    assert seat.under("burst").threshold == threshold
    assert seat.under("burst").threshold_in(1) == threshold / WEEK
    assert seat.under("surge").threshold == 168_000.0


def test_a_burst_that_is_to_be_ten_times_as_rare_needs_nearly_two_zeros_more() -> None:
    more = 1.0 / burst.POWER
    assert burst.threshold(168_000.0, times=10.0) == pytest.approx(burst.THRESHOLD + more)
    assert burst.threshold(168_000.0, times=0.1) == pytest.approx(burst.THRESHOLD - more)
    assert burst.threshold(1_680_000.0, times=0.1) == pytest.approx(burst.THRESHOLD)


def test_a_time_that_no_history_has_is_of_no_incident() -> None:
    at = datetime.fromisoformat("2001-01-01T00:00+00:00")
    (case,) = placed([Mark(2, Ruling.REAL, scope={"product": "product 5"}, at=at)], [])
    assert not case.met(_incident(Peak(5, 2.0)))
