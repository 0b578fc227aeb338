"""`tasker-ci integration` on the sample workspace, again and again, on both stacks.

Of each run, once everything is built: what it takes beyond the tests themselves, and what the wait
adds to the moment when the last service became healthy. That moment is seen by somebody else: a
probe of this script that asks every `/health` a hundred times a second, and, for containers with a
health check, `docker events`. The wait ends when the session starts nextest. A run that fails, or
leaves anything, ends the benchmark.
Run: python benchmarks/integration.py [rounds] [compose|native]…
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from timing import ROOT, SAMPLE, SCRIPTS, environment, show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
STACKS = sys.argv[2:] or [*(("compose",) if shutil.which("docker") else ()), "native"]
STATE = SAMPLE / "target" / "tasker-ci"
TESTS_BEGIN = "+ cargo nextest run"
PAUSE_SECONDS = 0.01


@dataclass(kw_only=True)
class Watch:
    """Sees from outside when each service of the next run becomes healthy."""

    over: threading.Event = field(default_factory=threading.Event)
    answered: dict[str, float] = field(default_factory=dict)
    """When each service first answered 200, in seconds since the epoch."""
    announced: dict[str, float] = field(default_factory=dict)
    """When Docker first called its container healthy."""

    @property
    def last(self) -> float:
        """When the last service became healthy in every respect."""
        return max(*self.answered.values(), *self.announced.values())

    def probe(self) -> None:
        """Ask every `/health` until it has answered 200."""
        urls: dict[str, str] = {}
        while not self.over.wait(PAUSE_SECONDS):
            urls = urls or self._urls()
            for service in urls.keys() - self.answered.keys():
                with suppress(OSError, urllib.error.URLError):
                    urllib.request.urlopen(urls[service], timeout=1).close()
                    self.answered[service] = time.time()

    def _urls(self) -> dict[str, str]:
        for record in (STATE / "runs").glob("tasker-ci-*/run.json"):
            with suppress(OSError, ValueError):
                services = json.loads(record.read_text(encoding="utf-8"))["services"]
                return {
                    each["service"]: f"http://127.0.0.1:{each['port']}{each['health']}"
                    for each in services
                    if each["health"]
                }
        return {}

    def events(self, process: subprocess.Popen[str]) -> None:
        """Note what Docker says of containers with a health check."""
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            attributes = event["Actor"]["Attributes"]
            service = attributes.get("com.docker.compose.service", "")
            self.announced.setdefault(service, event["timeNano"] / 1e9)


@contextmanager
def watching(stack: str) -> Iterator[Watch]:
    """Watch while one run goes on."""
    watch = Watch()
    threads = [threading.Thread(target=watch.probe)]
    events = None
    if stack == "compose":
        ours = ("--filter", f"label=tasker-ci.workspace={SAMPLE}", "--format", "{{json .}}")
        events = subprocess.Popen(
            ["docker", "events", "--filter", "event=health_status: healthy", *ours],
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        threads.append(threading.Thread(target=watch.events, args=(events,)))
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        if events is not None:
            events.terminate()
            events.wait()
        for thread in threads:
            thread.join()


def measured(stack: str) -> dict[str, float]:
    """One run; returns its figures in seconds."""
    began = time.time()
    tests_began = 0.0
    printed: list[str] = []
    with watching(stack) as watch:
        process = subprocess.Popen(
            [str(SCRIPTS / "tasker-ci"), "integration", "--stack", stack, "--ports", "auto"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if line.startswith(TESTS_BEGIN):
                tests_began = time.time()
        code = process.wait()
        ended = time.time()
    if code:
        sys.exit(f"{stack}: ended with {code}:\n{''.join(printed)[-3000:]}")
    if left := remains():
        sys.exit(f"{stack}: left {left}")
    tests = test_seconds(SAMPLE / "target/tasker-ci/reports/integration.default.xml")
    return {
        "whole run": ended - began,
        "beyond the tests": ended - began - tests,
        "from the last healthy service to the tests": tests_began - watch.last,
    }


def test_seconds(report: Path) -> float:
    """What nextest says that the tests took together."""
    text = report.read_text(encoding="utf-8")
    return float(text.partition(' time="')[2].partition('"')[0])


def remains() -> list[str]:
    """What there is of any run of the sample."""
    left = [str(folder) for folder in (STATE / "runs").glob("tasker-ci-*")]
    if shutil.which("docker"):
        here = f"label=tasker-ci.workspace={SAMPLE}"
        for kind in ("container", "network", "volume", "image"):
            everything = ("--all",) if kind in {"container", "image"} else ()
            command = ["docker", kind, "ls", "--quiet", *everything, "--filter", here]
            answer = subprocess.run(command, capture_output=True, text=True, check=False)
            left += [f"{kind} {each}" for each in answer.stdout.split()]
    return left


def main() -> None:
    """Build once, then run each stack in turn and print medians and the worst of each."""
    for stack in STACKS:
        measured(stack)
    figures: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        for stack in STACKS:
            for name, seconds in measured(stack).items():
                figures.setdefault(f"{stack}: {name}", []).append(seconds)
        print(f"round {number + 1} of {ROUNDS}: green, nothing left", flush=True)
    show("median", {name: statistics.median(values) for name, values in figures.items()})
    show("worst", {name: max(values) for name, values in figures.items()})


if __name__ == "__main__":
    main()
