import logging

from streams.workers.echoes import EVERY, Echoes


def test_a_line_that_is_said_again_and_again_stands_once_in_a_while_with_their_number() -> None:
    now = 0.0
    echoes = Echoes(lambda: now)
    said = []
    for port in (1, 2, 3, 4):
        record = logging.LogRecord("client", logging.ERROR, "", 0, "no answer at %s", (port,), None)
        if echoes.filter(record):
            said.append(record.getMessage())
        now += EVERY / 3 + 0.01
    assert said == ["no answer at 1", "no answer at 4 (2 more such lines since)"]


def test_another_line_is_not_held_back() -> None:
    echoes = Echoes(lambda: 0.0)
    lines = [("client", "no answer"), ("client", "no metadata"), ("conn", "no answer")]
    records = [logging.LogRecord(n, logging.ERROR, "", 0, said, (), None) for n, said in lines]
    assert [echoes.filter(record) for record in records] == [True, True, True]
