from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tasker_ci.process.processors import processors


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux grants single processors")
def test_those_of_this_process_count_and_not_those_of_the_machine() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from tasker_ci.process.processors import processors; print(processors())"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert answer.stdout == b"1\n"
    assert processors() >= 1
