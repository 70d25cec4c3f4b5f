"""What the test on a real broker cannot bring about."""

import ssl

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.broker import admission
from streams.broker.local import BrokerError
from streams.settings import Kafka


def test_a_certificate_of_the_broker_that_is_over_is_nobodys_option() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = admission.EXPIRED, "certificate has expired"
    assert admission.reason_of(error, Kafka(), "here:1") == (
        "the broker at here:1 has a certificate that is not valid now: certificate has expired"
    )


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (TimeoutError(), "does not answer within 5 s"),
        (OSError(5, "odd"), "does not answer: OSError: [Errno 5] odd"),
    ],
)
def test_what_is_no_matter_of_security_is_called_no_answer(error: OSError, end: str) -> None:
    assert admission.reason_of(error, Kafka(), "here:1") == f"the broker at here:1 {end}"


def test_a_connection_that_is_lost_without_a_reason_may_be_of_another_kind() -> None:
    said = admission.reason_of(KafkaConnectionError("closed"), Kafka(), "here:1")
    assert said.startswith("kafka.security_protocol: must be what the broker at here:1 speaks")


def test_one_address_of_several_that_lets_nobody_in_is_the_last() -> None:
    with pytest.raises(BrokerError, match=r"^the broker at 127\.0\.0\.1:2 does not answer: "):
        admission.check(Kafka(), "127.0.0.1:1,127.0.0.1:2")
