"""Time commands fairly: interleaved, repeated, medians, and the outputs kept for a failure."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "examples" / "tasker"
END_TO_END = "tests/end_to_end/main.rs"
WITHOUT_SERVICES = ("--set", "unit.services=", "--set", "integration.targets=")
SCRIPTS = Path(sysconfig.get_path("scripts"))


def environment(**extra: str) -> dict[str, str]:
    """The environment of a measured command: this one, our scripts first, no CI, no colour."""
    unset = {"CI", "FORCE_COLOR", "PYTHONDONTWRITEBYTECODE"}  # the last would compile us each time
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PATH": f"{SCRIPTS}:{kept['PATH']}", "NO_COLOR": "1", **extra}


def run(argv: Sequence[str], cwd: Path, variables: Mapping[str, str], *, codes: set[int]) -> float:
    """Run one command and return its seconds; an unexpected exit code ends the benchmark."""
    started = time.perf_counter()
    completed = subprocess.run(
        argv,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if completed.returncode not in codes:
        sys.exit(f"{' '.join(argv)} ended with {completed.returncode}:\n{completed.stdout[-3000:]}")
    return seconds


def compare(
    cases: Mapping[str, Sequence[str]], cwd: Path, variables: Mapping[str, str], *, rounds: int
) -> dict[str, float]:
    """Return the median seconds of each case; one warming run, then all cases in turn."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for round_number in range(rounds + 1):
        for name, argv in cases.items():
            seconds = run(argv, cwd, variables, codes={0})
            if round_number:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()}


@contextmanager
def sample_copy() -> Iterator[Path]:
    """A copy of the repository's sample, with the settings, and nothing built.

    The tests that need services are emptied: what is measured is cargo's half of the pipeline.
    """
    with tempfile.TemporaryDirectory(prefix="tasker-ci-benchmark-") as folder:
        root = Path(folder)
        shutil.copytree(
            SAMPLE, root / "examples" / "tasker", ignore=shutil.ignore_patterns("target")
        )
        shutil.copytree(ROOT / ".config", root / ".config")
        workspace = root / "examples" / "tasker"
        for test in (*workspace.glob("crates/*/tests/database.rs"), *workspace.glob(END_TO_END)):
            test.write_text("//! Needs services.\n", encoding="utf-8")
        for main in workspace.glob(END_TO_END):
            for module in {*main.parent.glob("*.rs")} - {main}:
                module.unlink()
        yield root


_MEASURING = """\
import os, subprocess, sys, time
nothing = subprocess.DEVNULL
began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=nothing, stderr=nothing)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - began
print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def measure(
    words: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    codes: Container[int] = (0,),
) -> tuple[float, float, float]:
    """Run a command: seconds, processor seconds with its children's, peak memory in MB.

    A small process starts it: a child counts what its parent held when it was made (getrusage(2)),
    and a benchmark may hold the inputs that it has written.
    """
    answer = subprocess.run(
        (sys.executable, "-I", "-c", _MEASURING, *words),
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if answer.returncode not in codes:
        sys.exit(f"{' '.join(words)} failed")
    seconds, processor, memory = map(float, answer.stdout.split())
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB here
    return seconds, processor, memory * unit / 1e6


def show_costs(title: str, rows: Mapping[str, tuple[float, float, float]]) -> None:
    """Print what `measure` found."""
    print(f"\n{title}")
    for name, (seconds, processor, memory) in rows.items():
        print(f"  {name:<58} {seconds:6.2f} s, {processor:6.2f} s of processor, {memory:4.0f} MB")


def show(title: str, rows: Mapping[str, float], *, unit: str = "s") -> None:
    """Print one table of a benchmark."""
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:<58} {value:8.3f} {unit}")
