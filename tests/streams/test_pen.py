"""The pen of a name, where the broker gives none."""

import socket

import pytest

from streams.broker.local import BrokerError
from streams.settings import Kafka
from streams.transport.pen import Pen


async def test_a_broker_that_begins_no_transactions_is_given_up_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # lets in and never answers
        at = f"127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(BrokerError, match="began no transactions"):
            await Pen.taken_up("tocsin-response", Kafka(), at, patience=0.05)
