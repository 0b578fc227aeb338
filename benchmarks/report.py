"""How long `report` takes and how much memory, with 100 000 tests, beside junitparser's merge.

Makes JUnit files as nextest writes them, two of more than 200 MB (a text in each test, few texts of
megabytes) and a history. Then it measures the console script and `junitparser merge` of the same
files as processes of their own, in turn, the best of several rounds.
Run: python benchmarks/report.py [tests] [rounds]
"""

from __future__ import annotations

import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from timing import SCRIPTS, environment, measure, show_costs

from tasker_ci.sessions.history.record import Record
from tasker_ci.sessions.history.record_folder import leave

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3  # noqa: PLR2004 - the words of the command
SHARDS = 8
FEW, FEW_BYTES = 50, 205_000_000
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
        write(folder / "large.xml", range(TESTS), failing=1.0, output=OUTPUT * 2)
        with (folder / "few.xml").open("w", encoding="utf-8") as stream:
            stream.write('<testsuite name="few">')
            for number in range(FEW):
                stream.write(f'<testcase name="t{number}" time="1"><system-out>')
                stream.writelines(f"{OUTPUT}\n" for _ in range(FEW_BYTES // FEW // len(OUTPUT)))
                stream.write("</system-out></testcase>")
            stream.write("</testsuite>")
        tests = TESTS // 10
        remember(folder / "history", tests)
        rows: dict[str, tuple[float, float, float]] = {}
        for title, place in (
            (f"{TESTS} tests, 0.1 % fail", "passing.xml"),
            (f"{TESTS} tests, 10 % fail, 1 KB of output each", "failing.xml"),
            (f"{TESTS} tests in {SHARDS} shards", "shards"),
            (f"{TESTS} tests with 2 KB each", "large.xml"),
            (f"{FEW} tests with megabytes each", "few.xml"),
        ):
            path = folder / place
            files = sorted(path.iterdir()) if path.is_dir() else [path]
            size = sum(file.stat().st_size for file in files) / 1e6
            merge = (str(SCRIPTS / "junitparser"), "merge", *map(str, files), "merged.xml")
            report = (str(SCRIPTS / "tasker-ci"), "report", "--junit", place)
            pairs = [[measure(each, folder, environment()) for each in (report, merge)]
                     for _ in range(ROUNDS)]  # fmt: skip
            rows[f"{title}, {size:.0f} MB"], rows["  junitparser merge, of the same"] = map(
                min, zip(*pairs, strict=True)
            )
            show_costs(title, rows)
            rows.clear()
        words = (str(SCRIPTS / "tasker-ci"), "trend", "--from", "history")
        best = min(measure(words, folder, environment()) for _ in range(ROUNDS))
        show_costs("trend", {f"{RUNS} runs of {tests} tests": best})


def write(file: Path, numbers: Sequence[int], *, failing: float, output: str = OUTPUT) -> None:
    """One file as nextest writes it; ``output`` is what a failed test printed."""
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
            body = f'<failure message="{panic}" type="exit 101">{panic}:\nno\n{output}</failure>'
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
