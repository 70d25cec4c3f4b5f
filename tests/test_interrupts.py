import signal

import pytest

from tocsin.interrupts import passed_over


def test_what_a_server_raises_again_at_its_end_is_passed_over_and_nothing_after_it() -> None:
    with passed_over():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
