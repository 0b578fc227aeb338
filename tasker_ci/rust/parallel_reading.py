"""Read many Rust files in several processes of our own."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from tasker_ci.process.processors import processors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST_FILES = 200
"""A process takes 0.2 s to start, and about 1 ms for a file as `benchmarks/sources.py` makes them:
fewer are not worth one."""

_MOST_PROCESSES = 8
_LINES_BYTES = 8192
_COMMAND = (sys.executable, "-P", "-m", "tasker_ci.rust.reading_process")


class ReadingProcesses:
    """Processes that read files, while this one goes on with what they have found.

    Whoever makes it ends it (`end`).
    """

    def __init__(self, files: Sequence[str], test_attributes: Sequence[str]) -> None:
        """Start them; none where this process alone is as fast, or where they cannot start."""
        count = min(processors(), _MOST_PROCESSES, len(files) // (LEAST_FILES // 2))
        self._asked = [files[place::count] for place in range(count)] if count > 1 else []
        self._found: SimpleQueue[tuple[int, list[bytes]]] = SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[Thread] = []
        self._running = 0
        try:
            for place, asked in enumerate(self._asked):
                given = {"files": asked, "test_attributes": list(test_attributes)}
                self._start(place, json.dumps(given).encode())
        except OSError:
            self.end()
        except BaseException:
            self.end()
            raise

    def receive(self, name: str = "") -> Iterator[tuple[str, bytes, bytes]]:
        """Each file with its digest and its entry as they come, those up to that of ``name`` alone.

        Those that cannot be read do not come, nor those of a process that has failed.
        """
        while self._running:
            place, lines = self._found.get()
            self._running -= not lines
            asked, is_there = self._asked[place], False
            for line in lines:
                number, digest, entry = (*line.split(b"\t", 2), b"", b"")[:3]
                if number.isdigit() and line.endswith(b"\n"):  # a half line is none
                    found = asked[int(number)]
                    is_there |= found == name
                    yield found, digest, entry[:-1]
            if is_there:
                return

    def end(self) -> None:
        """End those that still run."""
        self._running = 0
        for process in self._processes:
            if process.poll() is None:
                with suppress(OSError):
                    process.kill()
        for process in self._processes:
            process.wait()
        for thread in self._threads:
            thread.join()

    def _start(self, place: int, given: bytes) -> None:
        process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
        thread = Thread(target=self._listen, args=(place, process, given), daemon=True)
        thread.start()
        self._threads.append(thread)
        self._running += 1

    def _listen(self, place: int, process: subprocess.Popen[bytes], given: bytes) -> None:
        """Ask a process, and hand on what it prints; no line at all says that it has ended."""
        try:
            with process:
                process.stdin.write(given)  # type: ignore[union-attr]
                process.stdin.close()  # type: ignore[union-attr]
                while lines := process.stdout.readlines(_LINES_BYTES):  # type: ignore[union-attr]
                    self._found.put((place, lines))
        except OSError:  # it ended before it had read what it was asked
            pass
        finally:
            self._found.put((place, []))
