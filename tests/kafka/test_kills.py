"""Killed workers lose nothing and count nothing twice."""

from tests.kafka import histories, tallies
from tests.kafka.siege import EVENTS, Siege, total


def test_every_event_is_counted_exactly_once(siege: Siege) -> None:
    for shard in range(siege.installation.settings.detection.shards):
        counts = siege.installation.counts(shard)
        tallies.assert_whole(tallies.newest(counts))
        by_product = tallies.people(counts, "complaints", cut=0)
        assert sum(by_product[name] for name in histories.PRODUCTS) == EVENTS
        assert by_product.total() == total(siege.installation, shard)


def test_what_is_confirmed_is_what_a_backtest_confirms(siege: Siege) -> None:
    wanted = tallies.confirmed(siege.expected)
    assert len(wanted) > 10
    assert tallies.confirmed(siege.installation.signals()) == wanted


def test_detection_went_on_from_snapshots_and_never_met_a_gap(siege: Siege) -> None:
    assert "shard_restored" in siege.installation.log
    assert "stage_stopped" not in siege.installation.log
