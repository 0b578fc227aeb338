"""Read many Rust files in several processes of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_FILES = 200
"""A process takes 0.2 s to start, and about 1 ms for a file as `benchmarks/sources.py` makes them:
fewer are not worth one."""

_MOST_PROCESSES = 8
_COMMAND = (sys.executable, "-P", "-m", "tasker_ci.rust.reading_process")


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_in_processes(
    files: Sequence[str], test_attributes: Sequence[str]
) -> dict[str, tuple[bytes, bytes]]:
    """The digest and the entry of each file; nothing for those that cannot be read.

    The processes end with this function, however it ends.
    """
    count = min(processors(), _MOST_PROCESSES, len(files) // (LEAST_FILES // 2))
    if count < 2:  # noqa: PLR2004 - this process alone is as fast
        return {}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(  # noqa: PERF401 - those that started have to be known
                subprocess.Popen(
                    _COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            )
        given = [
            json.dumps({"files": files[place::count], "test_attributes": list(test_attributes)})
            for place in range(count)
        ]
        with ThreadPoolExecutor(count) as threads:
            try:
                answers = list(threads.map(_answer, processes, given))
            except BaseException:
                _end(processes)  # or the threads would wait for them
                raise
    except OSError:
        return {}
    finally:
        _end(processes)
    found: dict[str, tuple[bytes, bytes]] = {}
    for place, answer in enumerate(answers):
        asked = files[place::count]
        for line in answer.splitlines():
            number, digest, entry = line.split(b"\t", 2)
            found[asked[int(number)]] = digest, entry
    return found


def _answer(process: subprocess.Popen[bytes], given: str) -> bytes:
    """What a process printed; nothing if it did not come to its end, for a half line is none."""
    answer, _ = process.communicate(given.encode())
    return b"" if process.returncode else answer


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            with suppress(OSError):
                process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
