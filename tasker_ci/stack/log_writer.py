"""The log of a service: what it prints goes through a process of its own, which hides secrets.

A process and no thread, because a stack that was kept outlives the session that started it. It
ends when the last process that holds the pipe has closed it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":  # run by its path, so that no folder of the project is on sys.path
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tasker_ci.text.masking import HiddenLines, Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WRITER_MARK = "_TASKER_CI_LOG_WRITER"
"""The variable by which a writer is known among the processes of a run."""

_BLOCK_BYTES = 64 * 1024
_LONGEST_LINE = 1024 * 1024
_LAST_WORDS_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class LogWriter:
    """A writer that runs, and the end of its pipe for what a service prints."""

    process: subprocess.Popen[bytes]
    pipe: int

    def close(self) -> None:
        """Close our end; the service holds its own."""
        with suppress(OSError):
            os.close(self.pipe)

    def finish(self) -> None:
        """Wait a moment for it to write what a service that has ended has left in the pipe."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_LAST_WORDS_SECONDS)


def start_writer(
    file: Path, secrets: Secrets, marks: Mapping[str, str], *, within: Path | None = None
) -> LogWriter:
    """Start the writer of a log; ``marks`` are the variables by which a run's processes are found.

    The secrets go through a pipe: neither `ps` nor a file shows them. Raises what `open_file`
    raises, and `OSError`.
    """
    from tasker_ci.text.file_writing import PRIVATE, open_file  # the writer itself does not need it

    with open_file(file, within=within, append=True, mode=PRIVATE) as log:
        printed, pipe = os.pipe()
        known, told = os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, str(known)],
                stdin=printed,
                stdout=log,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={**marks, WRITER_MARK: "1", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C"},
                pass_fds=(known,),
                process_group=0,
            )
        except OSError:
            os.close(pipe)
            os.close(told)
            raise
        finally:
            os.close(printed)
            os.close(known)
    with suppress(BrokenPipeError), os.fdopen(told, "w", encoding="utf-8") as stream:
        json.dump({"values": secrets.values, "others": secrets.others}, stream)
    return LogWriter(process=process, pipe=pipe)


def copy_hidden(
    read: Callable[[int], bytes], write: Callable[[bytes], None], secrets: Secrets
) -> None:
    """Copy lines until the end, without secrets; bytes that are no UTF-8 stay as they are.

    A line is held until it is whole, so that a value in two writes is found. A disk that is full
    loses text and does not stop the service.
    """
    hide = HiddenLines(secrets)

    def hidden(line: bytes) -> bytes:
        return hide(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def put(data: bytes) -> None:
        with suppress(OSError):
            write(data)

    rest = b""
    while block := read(_BLOCK_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            put(b"".join(hidden(line) + b"\n" for line in lines))
        if len(rest) > _LONGEST_LINE:  # the end may be the beginning of a secret
            shown, kept = hidden(rest), secrets.longest * 4
            put(shown[: len(shown) - kept])
            rest = shown[len(shown) - kept :]
    if rest:
        put(hidden(rest))


def _main() -> None:
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    with os.fdopen(int(sys.argv[1]), encoding="utf-8") as stream:
        secrets = Secrets(**json.load(stream))

    def write(data: bytes) -> None:
        while data:
            data = data[os.write(1, data) :]

    copy_hidden(lambda size: os.read(0, size), write, secrets)


if __name__ == "__main__":
    _main()
