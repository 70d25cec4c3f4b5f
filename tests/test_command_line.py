import os
import subprocess
import sys

import pytest

NAME = "OPENBLAS_NUM_THREADS"
LOOK = f"""
import os, sys
import tocsin
print(os.environ["{NAME}"], "numpy" in sys.modules)
"""


@pytest.mark.parametrize(("set_to", "found"), [({}, "1"), ({NAME: "4"}, "4")], ids=["none", "four"])
def test_algebra_has_one_thread_where_no_other_number_is_set(
    set_to: dict[str, str], found: str
) -> None:
    others = {name: value for name, value in os.environ.items() if name != NAME}
    command = [sys.executable, "-c", LOOK]
    done = subprocess.run(command, env=others | set_to, capture_output=True, text=True, check=True)
    assert done.stdout == f"{found} False\n"  # it is said before NumPy could ask
