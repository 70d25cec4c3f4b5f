"""What is written loads back as it was proposed, whatever the columns are called."""

import csv
import io
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from alerts.words import Words
from streams.configuration.sections import Kafka
from streams.events import mapping
from streams.events.mapping import MappingError
from streams.files import inputs
from streams.proposal import installing, sampling, written
from streams.proposal.proposal import Proposal, ProposalError, likelier, propose
from streams.proposal.written import Topic
from streams.settings import Settings, load
from tests.proposal.samples import SHANGHAI, proposed, times

WORDS = Words("en")
SENT = Topic("complaints", "person", mapped=False)


def contents(proposal: Proposal, topic: Topic = SENT, kafka: Kafka = Kafka()) -> dict[str, str]:  # noqa: B008 - frozen
    return {
        written.MAP: written.mapping(proposal, WORDS),
        installing.SETTINGS: written.settings(proposal, topic, kafka, WORDS),
    }


def test_the_files_load_as_what_was_proposed(tmp_path: Path) -> None:
    read = proposed(
        投诉时间=["2026/3/5 14:02", "2026/3/6 9:15"], 是否VIP=["是", "否"], 产品=["水壶", "N/A"],
        类别=["质量", "物流"],
    )  # fmt: skip
    installing.install(contents(read), tmp_path)
    mapped = mapping.load(tmp_path / written.MAP)
    assert mapped.columns == read.mapping.columns
    assert (mapped.stream, mapped.zone) == ("complaints", SHANGHAI)
    chosen = load(tmp_path / installing.SETTINGS)
    assert list(chosen.cuts) == [trial.cut for trial in read.trials if trial.sound]
    assert chosen.detection.zone == "Asia/Shanghai"
    (source,) = chosen.sources
    assert (source.topic, source.key, source.map) == ("complaints", "person", None)
    assert chosen.home == tmp_path / ".tocsin"


def test_what_judges_a_cut_is_written_too(tmp_path: Path) -> None:
    read = proposed(
        time=times(900), product=["kettle", "heater"], category=list("abcde"),
        batch=[f"B{n}" for n in range(30)],
    )  # fmt: skip
    installing.install(contents(read), tmp_path)
    cuts = load(tmp_path / installing.SETTINGS).cuts
    assert list(cuts) == [trial.cut for trial in read.trials if trial.sound]
    assert {method for cut in cuts for method in cut.methods} == {
        "surge", "weekly", "drift", "batches", "novelty"
    }  # fmt: skip


def test_each_project_has_a_home_of_its_own_unless_its_topic_is_on_a_broker_that_is_there(
    tmp_path: Path,
) -> None:
    for home, kept in ((None, Settings().home), ("/var/lib/there", Path("/var/lib/there"))):
        topic = Topic("calls", "none", mapped=True, home=home)
        installing.install(contents(proposed(time=times()), topic), tmp_path)
        assert load(tmp_path / installing.SETTINGS).home == kept


def test_where_others_share_the_broker_the_line_that_keeps_them_apart_is_there(
    tmp_path: Path,
) -> None:
    texts = contents(proposed(time=times()))
    settled = texts[installing.SETTINGS].replace("# topic_prefix", "topic_prefix")
    installing.install({**texts, installing.SETTINGS: settled}, tmp_path)
    assert load(tmp_path / installing.SETTINGS).kafka.topic_prefix == "mine-"


def test_a_topic_keeps_its_name_its_key_and_its_partitions_and_is_mapped(tmp_path: Path) -> None:
    topic = Topic("calls", "none", mapped=True, partitions=7)
    installing.install(contents(proposed(time=times()), topic), tmp_path)
    (source,) = load(tmp_path / installing.SETTINGS).sources
    assert (source.topic, source.key, source.partitions) == ("calls", "none", 7)
    assert source.map == tmp_path / written.MAP


def test_the_way_to_the_broker_is_kept_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_KAFKA__SASL_PASSWORD", "geheim")
    kafka = Kafka(
        bootstrap="broker:9094", security_protocol="SASL_PLAINTEXT", sasl_username="tocsin",
        sasl_password=SecretStr("geheim"),
    )  # fmt: skip
    texts = contents(proposed(time=times()), kafka=kafka)
    assert "geheim" not in "".join(texts.values())
    installing.install(texts, tmp_path)
    assert load(tmp_path / installing.SETTINGS).kafka == kafka


def test_more_series_than_the_budget_is_meant_for_are_named_to_it(tmp_path: Path) -> None:
    read = proposed(
        time=times(6600), region=[f"R{n}" for n in range(33)], category=[f"C{n}" for n in range(50)]
    )
    installing.install(contents(read), tmp_path)
    assert sum(trial.series for trial in read.trials) == 1733
    assert load(tmp_path / installing.SETTINGS).detection.series == 1800


def test_the_share_understood_is_never_said_to_be_all_where_something_is_lost() -> None:
    lines = contents(proposed(time=[*times(999), "yesterday 1"]))[written.MAP].splitlines()
    (line,) = (line for line in lines if line.startswith("time"))
    assert line.endswith("# 99.9% of its values understood")


def test_a_cut_that_is_left_out_is_named_in_a_comment_with_its_reason() -> None:
    text = contents(proposed(time=times(), product=["kettle"]))[installing.SETTINGS]
    assert "# Left out: product. left out: one value only: 1 series for 100 events" in text


def test_files_that_would_not_load_replace_nothing(tmp_path: Path) -> None:
    texts = contents(proposed(time=times()))
    installing.install(texts, tmp_path)
    with pytest.raises(MappingError):
        installing.install({**texts, written.MAP: "stream = 1"}, tmp_path)
    assert installing.present(tmp_path) == [tmp_path / name for name in installing.FILES]
    assert (tmp_path / written.MAP).read_text(encoding="utf-8") == texts[written.MAP]
    assert {path.name for path in tmp_path.iterdir()} == set(installing.FILES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_language_writes_files_that_are_toml(language: str) -> None:
    read, words = proposed(time=times(), 产品=["a", "b"], vip=["y", "n"]), Words(language)
    for text in (written.mapping(read, words), written.settings(read, SENT, Kafka(), words)):
        assert tomllib.loads(text)


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "是", "否", "neg", "2026-03-05 14:02", "2026/3/5 14:02", "N/A", "1", "0.5"]
    ),
)
NAMES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["time", "投诉时间", "id", "产品", "category", "vip", "sentiment", "text", "lot"]
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@example(["a\nb"], [["x"]])
@example(["time", 'a"\n\\b', "vip"], [["2026-03-05 14:02", '"\x7f\u2028', "是"]] * 3)
@given(
    st.lists(NAMES, min_size=1, max_size=5),
    st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=12),
)
def test_any_csv_gives_a_proposal_that_loads_back_or_a_clear_error(
    tmp_path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    path = tmp_path / "sample.csv"
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    path.write_text(text.getvalue(), encoding="utf-8", errors="replace", newline="")
    settled(path, tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(
        st.dictionaries(NAMES, st.one_of(CELLS, st.integers(), st.floats(), st.booleans())),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_any_records_with_times_give_a_proposal_that_loads_back(
    tmp_path: Path, rows: Sequence[dict[str, Any]]
) -> None:
    path = tmp_path / "sample.jsonl"
    lines = (msgspec.json.encode({**row, "created_at": "2026-03-05 14:02"}) for row in rows)
    path.write_bytes(b"\n".join(lines))
    assert settled(path, tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(["sample.csv", "sample.jsonl"]))
def test_so_do_any_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    settled(path, tmp_path)


def settled(path: Path, folder: Path) -> bool:
    """Whether there is a proposal, which then reads the file; without one the error is one line."""
    zone = ZoneInfo("UTC")
    try:
        sample = sampling.of_files([path], path.name)
        read = propose(sample, likelier(sample, zone), zone)
    except (inputs.FileError, ProposalError) as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017 - most samples raise none
        return False
    installing.install(contents(read), folder)
    mapped = mapping.load(folder / written.MAP)
    assert mapped.columns == read.mapping.columns
    rows = sum(len(batch.rows) for batch in inputs.read(path, mapped))
    assert rows == len(read.sample.rows) + len(read.sample.refused)
    return True
