"""What goes wrong lately, and what only looks like it."""

from datetime import UTC, datetime, timedelta

from streams.traffic.population import CHINA
from streams.traffic.scenarios.campaign import Campaign
from streams.traffic.scenarios.defect_batch import DefectBatch
from streams.traffic.scenarios.regional_surge import RegionalSurge
from streams.traffic.scenarios.safety_report import SafetyReport
from streams.traffic.scenarios.scenario import Scenario
from streams.traffic.scenarios.silence import Silence
from streams.traffic.scenarios.social_wave import SocialWave


def lately(end: datetime) -> list[Scenario]:
    """One of each kind: five incidents in the two days before `end`, a campaign just before."""
    silent = _latest(end, hour=9, leaving=timedelta(hours=8))
    shared = _latest(end, hour=14, leaving=timedelta(hours=10))
    return [
        Campaign(begins=end - timedelta(days=6), product="Router R5"),
        DefectBatch(begins=end - timedelta(hours=44), people=16, product="Power Bank P20"),
        RegionalSurge(begins=_latest(end, hour=10, leaving=timedelta(hours=12)), times=7.0),
        SocialWave(begins=shared, product="Display D27"),
        Silence(begins=silent, lasts=end - silent, channel="web"),
        SafetyReport(begins=end - timedelta(hours=3), product="Kettle K3"),
    ]


def _latest(end: datetime, *, hour: int, leaving: timedelta) -> datetime:
    """The last time that it is this local hour and so much time is left before `end`."""
    local = (end - leaving).astimezone(CHINA)
    moment = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if moment > local:
        moment -= timedelta(days=1)
    return moment.astimezone(UTC)
