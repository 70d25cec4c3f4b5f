"""The shared review data as rows; a test that asks for one skips where it is absent."""

import csv
import gzip

from tests.data import shared


def rows(*parts: str) -> list[dict[str, str]]:
    with gzip.open(shared(*parts), "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def hotel() -> list[dict[str, str]]:
    return rows("chinese_text", "ChnSentiCorp_htl_all.csv.gz")


def food() -> list[dict[str, str]]:
    return rows("chinese_text", "waimai_10k.csv.gz")


def tweets() -> list[dict[str, str]]:
    return rows("airline", "airline_events.csv.gz")
