from collections import Counter
from datetime import timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from alerts.colour import Colour
from alerts.words import Words
from dashboards.demo.report import Report, report
from streams.demonstration.programme import ZONE
from streams.hindsight.scorecard import Call, Scorecard
from streams.traffic.scenarios.scenario import Kind, Label
from tests.alerts.samples import NOON, incident, surge

SCOPES = {
    Kind.CAMPAIGN: {"product": "Router R5"},
    Kind.DEFECT_BATCH: {"stream": "complaints", "product": "P20充电宝", "batch": "P2608-13"},
    Kind.REGIONAL_SURGE: {
        "stream": "complaints", "region": "Guangdong", "category": "technical_support",
    },
    Kind.SOCIAL_WAVE: {"stream": "mentions", "product": "Display D27"},
    Kind.SILENCE: {"stream": "complaints", "source": "complaints", "channel": "web"},
    Kind.SAFETY_REPORT: {"stream": "complaints", "product": "Kettle K3", "harm": "injury"},
}  # fmt: skip


def call(kind: Kind, *, minutes: float | None = 90.0) -> Call:
    innocent = kind is Kind.CAMPAIGN
    label = Label(
        name=kind, kind=kind, scope=SCOPES[kind], begins=NOON.isoformat(), ends=NOON.isoformat(),
        innocent=innocent, events=() if kind is Kind.SILENCE else tuple(map(str, range(301))),
    )  # fmt: skip
    if innocent or minutes is None:
        return Call(label)
    return Call(label, "I-WATKNRUW", Colour.ORANGE, NOON + timedelta(minutes=minutes), 105)


def shown(language: str = "en", *, width: int = 80, **changes: Any) -> str:
    facts: dict[str, Any] = {
        "calls": tuple(map(call, Kind)), "false": (), "early": (), "further": 0
    }  # fmt: skip
    sent = Counter({"all": 96_037, "damaged": 67, "again": 97, "slow": 441})
    met = Counter({"all": 96_037, "rejected": 66, "duplicate": 97, "late": 360})
    console = Console(file=StringIO(), width=width)
    words = Words(language, ZoneInfo(ZONE))
    console.print(report(words, Report(Scorecard(**(facts | changes)), sent, met, 42.3)))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_a_terminal_and_cuts_no_name(language: str, width: int) -> None:
    lines = shown(language, width=width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len(lines) <= 24 - 2
    assert "…" not in "".join(lines)


def test_each_label_stands_with_what_called_it() -> None:
    said = shown()
    assert said.count("orange") == said.count("I-WATKNRUW") == len(Kind) - 1
    assert "03-02 20:00" in said  # in the company's own time
    assert "1.5 h later" in said
    assert "105 of 301" in said


def test_it_says_why_its_numbers_are_not_those_of_the_alerts() -> None:
    assert "Events include reposts and repeat contacts; alerts count people" in shown()


def test_what_was_missed_and_what_was_called_falsely_stand_out() -> None:
    strange = surge()
    calls = (call(Kind.DEFECT_BATCH), call(Kind.SOCIAL_WAVE, minutes=None))
    said = shown(calls=calls, false=(incident("I-WRONGONE", strange),) * 2)
    assert "not called" in said
    assert "False incidents: 2. I-WRONGONE (complaints, billing)" in said
    assert "1 of 2 called, false incidents: 2, 42 s" in said


def test_an_early_or_further_incident_is_not_hidden() -> None:
    said = shown(early=(incident("I-EARLY", surge()),), further=2)
    assert "1 more in the first 14 days does not count" in said
    assert "2 more incidents are about the same things" in said


def test_what_intake_met_stands_beside_what_was_made() -> None:
    said = shown()
    assert "Records: 96,037 met of 96,037 sent." in said
    assert "Rejected: 66 of 67 damaged. Duplicates: 97 of 97 sent twice." in said
    assert "Late: 360; 441 were more than 15 minutes on their way." in said
