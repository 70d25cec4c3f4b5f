"""The throughput benchmark says what its peers are."""

from benchmarks import peers
from benchmarks.readings import peer_versions


def test_every_peer_package_has_a_version_or_is_named_as_absent() -> None:
    found = peer_versions()
    assert set(found) == set(peers.DISTRIBUTIONS)
    assert found["kafka-python"]  # ours too, so that it is in either environment
