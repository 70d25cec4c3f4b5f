"""What a test lacks is named; in CI it is no excuse."""

from pathlib import Path

import pytest

from tests import needs

ABSENT = "no-such-program"


def test_a_program_is_found_by_any_of_its_names() -> None:
    assert Path(needs.program(ABSENT, "sh", of="every system")).name == "sh"


@pytest.mark.parametrize("answer", [None, "skip"])
def test_a_test_that_lacks_a_program_skips_and_names_it(
    answer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_TEST_MISSING", raising=False)
    if answer:
        monkeypatch.setenv("TOCSIN_TEST_MISSING", answer)
    with pytest.raises(pytest.skip.Exception, match=f"needs {ABSENT}, of nobody"):
        needs.program(ABSENT, of="nobody")


def test_in_ci_it_fails_instead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TOCSIN_TEST_MISSING", "fail")
    with pytest.raises(pytest.fail.Exception, match=f"needs {ABSENT}, of nobody"):
        needs.program(ABSENT, of="nobody")
    with pytest.raises(pytest.fail.Exception, match=r"needs schema.json at .*, of nobody"):
        needs.file(tmp_path / "schema.json", of="nobody")
