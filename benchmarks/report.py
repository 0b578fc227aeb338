"""How long `report` takes and how much memory, with 100 000 tests.

Makes JUnit files as nextest writes them and a history, then measures the console script as a
process of its own, the best of several rounds: seconds, those of the processor, peak memory.
Run: python benchmarks/report.py [tests] [rounds]
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from timing import SCRIPTS, environment

from tasker_ci.report.history import Record, leave

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3  # noqa: PLR2004 - the words of the command
SHARDS = 8
RUNS = 30
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
OUTPUT = "\n".join(f"line {number} of what a failed test printed" for number in range(25))


def main() -> None:
    """Measure each case."""
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as name:
        folder = Path(name)
        write(folder / "passing.xml", range(TESTS), failing=0.001)
        write(folder / "failing.xml", range(TESTS), failing=0.1)
        for shard in range(SHARDS):
            write(folder / f"shards/{shard}.xml", range(shard, TESTS, SHARDS), failing=0.001)
        tests = TESTS // 10
        remember(folder / "history", tests)
        junit = ("report", "--junit")
        for title, words in (
            (f"{TESTS} tests, 0.1 % fail", (*junit, "passing.xml")),
            (f"{TESTS} tests, 10 % fail, 1 KB of output each", (*junit, "failing.xml")),
            (f"{TESTS} tests in {SHARDS} shards", (*junit, "shards")),
            (f"trend, {RUNS} runs of {tests} tests", ("report", "trend", "--from", "history")),
        ):
            best = min(measure(words, folder) for _ in range(ROUNDS))
            print(f"{title:<50} {best[0]:6.2f} s, {best[1]:.2f} s of processor, {best[2]:.0f} MB")


def measure(words: Sequence[str], folder: Path) -> tuple[float, float, float]:
    """Run the console script: seconds, processor seconds, peak memory in MB."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(SCRIPTS / "tasker-ci"), *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(words)} failed")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB here
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6


def write(file: Path, numbers: Sequence[int], *, failing: float) -> None:
    """One file as nextest writes it."""
    source = random.Random(len(numbers))
    file.parent.mkdir(parents=True, exist_ok=True)
    lanes = [0.0] * 8
    suites: dict[str, list[str]] = {}
    for number in numbers:
        suite = f"package-{number % 40}::tests"
        name = f"module_{number % 97}::tests::what_it_does_when_{number}"
        seconds = min(30.0, source.lognormvariate(-4, 1.5))
        lane = min(range(8), key=lanes.__getitem__)
        stamp = (BEGAN + timedelta(seconds=lanes[lane])).isoformat(timespec="milliseconds")
        lanes[lane] += seconds
        text = f'name="{name}" classname="{suite}" timestamp="{stamp}" time="{seconds:.3f}"'
        body = ""
        if source.random() < failing:
            panic = f"thread '{name}' panicked at src/module.rs:{number % 500 + 1}:9"
            body = f'<failure message="{panic}" type="exit 101">{panic}:\nno\n{OUTPUT}</failure>'
        suites.setdefault(suite, []).append(f"<testcase {text}>{body}</testcase>")
    head = f'name="nextest-run" timestamp="{BEGAN.isoformat()}" time="{max(lanes):.3f}"'
    parts = (
        f'<testsuite name="{each}">{"".join(rows)}</testsuite>' for each, rows in suites.items()
    )
    file.write_text(f"<testsuites {head}>{''.join(parts)}</testsuites>", encoding="utf-8")


def remember(folder: Path, tests: int) -> None:
    """A history of many runs."""
    source = random.Random(tests)
    for run in range(RUNS):
        record = Record(
            run=str(run),
            session="unit",
            started=BEGAN + timedelta(hours=run),
            seconds=60.0,
            status="passed",
            commit=f"{run // 3:040}",
            dirty=False,
            tests={
                ("package::tests", "", f"module::tests::test_{number}"): (
                    "passed",
                    source.lognormvariate(-4, 0.2),
                )
                for number in range(tests)
            },
        )
        leave(record, folder, keep=RUNS, maximum_bytes=1 << 30)


if __name__ == "__main__":
    main()
