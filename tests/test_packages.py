"""What tests need from the operating system: never asked for loudly, never installed by force."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "packages"
STANDARD = ("bash", "env", "dirname")


class System:
    """A system whose programs are those named; what they were asked is in `asked`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in STANDARD:
            (folder / name).symlink_to(shutil.which(name) or name)

    def has(self, program: str, answer: str = "") -> None:
        file = self._folder / program
        file.write_text(f'#!/bin/sh\necho "{program} $*" >>"{self._folder}/asked"\n{answer}\n')
        file.chmod(0o755)

    def said(self) -> str:
        """The one line of the script, which must end well."""
        done = subprocess.run(
            [SCRIPT], env={"PATH": str(self._folder), "TOCSIN_TEST_CHROMIUM": "/nowhere"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout

    def asked(self) -> str:
        return (self._folder / "asked").read_text()


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def test_without_apt_get_one_line_names_what_is_missing_and_what_that_skips(system: System) -> None:
    system.has("prometheus-alertmanager")
    (line,) = system.said().splitlines()
    assert "chromium (skips tests/pages/test_browser.py)" in line
    assert "prometheus (skips tests of tests/dashboards" in line
    assert "alertmanager" not in line


def test_where_sudo_wants_a_password_nothing_is_installed(system: System) -> None:
    system.has("apt-get")
    system.has("id", "echo 1000")
    system.has("sudo", "exit 1")
    assert system.said().startswith("missing, so some tests do less: chromium")
    assert "apt-get" not in system.asked()


@pytest.mark.parametrize(
    "test",
    [
        "pages/test_browser.py",
        "dashboards",
        "kafka/test_operations.py",
        "alerts/test_channel_alertmanager.py",
        "test_asyncapi.py",
    ],
)
def test_the_tests_that_it_names_exist(test: str) -> None:
    assert f"tests/{test}" in SCRIPT.read_text(encoding="utf-8")
    assert Path(os.fspath(SCRIPT.parents[1]), "tests", test).exists()
