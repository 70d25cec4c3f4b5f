"""The record of who changed the rules, and the file that is put in their place."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.proposal.installing import exchange
from streams.rulesets.acceptance import Loss
from streams.rulesets.decisions import (
    NAME,
    Decision,
    Edition,
    Forgone,
    Newest,
    edition,
    last,
    note,
)
from streams.rulesets.effect import Effect
from streams.settings import Settings

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def decision(who: str) -> Decision:
    return Decision(
        at=AT, who=who, file="tocsin.toml", former="tocsin.1.toml", before=Edition("a", "1"),
        after=Edition("b", "2"), effect=Effect.RESTART, reason="电水壶已停产",
        lost=(Forgone(incident="I-A", scope={"product": "k"}, called=AT, why=Loss.UNCALLED),),
    )  # fmt: skip


def test_the_record_only_grows_and_the_last_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert last(home) == Newest(None, [])
    path = note(home, decision("ann"))
    first = path.read_bytes()
    note(home, decision("bob"))
    assert path.read_bytes().startswith(first)
    assert last(home) == Newest(decision("bob"), [])


def test_what_a_crash_cut_off_is_named_and_passed_over(tmp_path: Path) -> None:
    note(tmp_path, decision("ann"))
    for line in (2, 3):
        with (tmp_path / NAME).open("a") as file:
            file.write("\n" * (line == 3) + '{"who": "half')
        assert last(tmp_path) == Newest(decision("ann"), [*range(2, line + 1)])


def test_a_decision_after_what_a_crash_cut_off_is_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"who": "half')
    assert last(tmp_path) == Newest(None, [1])
    note(tmp_path, decision("bob"))
    note(tmp_path, decision("ann"))
    assert last(tmp_path) == Newest(decision("ann"), [])
    assert len((tmp_path / NAME).read_bytes().splitlines()) == 3


def test_settings_are_known_by_what_is_counted_and_by_their_file() -> None:
    one, other = edition(Settings(), b"a"), edition(Settings(), b"b")
    assert one.version == other.version == Settings().version
    assert one.digest != other.digest


def test_what_was_in_force_lies_beside_it_and_keeps_its_permissions(tmp_path: Path) -> None:
    file, former = tmp_path / "tocsin.toml", tmp_path / "tocsin.1.toml"
    file.write_bytes(b"old")
    file.chmod(0o640)
    exchange(b"new", file, former=former)
    assert (file.read_bytes(), former.read_bytes()) == (b"new", b"old")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, former)} == {0o640}
    assert {path.name for path in tmp_path.iterdir()} == {"tocsin.toml", "tocsin.1.toml"}


def test_a_link_goes_on_pointing_where_it_pointed(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    real, link = tmp_path / "site" / "tocsin.toml", tmp_path / "tocsin.toml"
    real.write_bytes(b"old")
    link.symlink_to(real)
    exchange(b"new", link, former=tmp_path / "former.toml")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_where_the_former_cannot_be_kept_nothing_is_changed(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.toml"
    file.write_bytes(b"old")
    with pytest.raises(OSError, match="former"):
        exchange(b"new", file, former=tmp_path / "nowhere" / "former.toml")
    assert file.read_bytes() == b"old"
