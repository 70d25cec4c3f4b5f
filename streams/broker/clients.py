"""Clients of the broker for a moment, of kafka-python: closed in any case, their errors ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka.errors import KafkaError

from streams.broker import admission, security
from streams.broker.local import BrokerError
from streams.settings import Kafka


@contextmanager
def opened(make: Callable[..., Any], kafka: Kafka, bootstrap: str, **options: Any) -> Iterator[Any]:
    """A client of a class of theirs; raises BrokerError where the broker does not let us in."""
    admission.check(kafka, bootstrap)
    try:
        client = make(bootstrap_servers=bootstrap.split(","), **options, **security.client(kafka))
        try:
            yield client
        finally:
            client.close()
    except KafkaError as error:
        raise BrokerError(f"the broker at {bootstrap} does not answer: {error}") from None
