"""``tasker-ci``: where the process begins and ends. Whatever comes up becomes an exit code.

Imports wait for the signal handlers: Ctrl-C while they run is no traceback either.
"""

from __future__ import annotations

import errno
import os
import sys

from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.process.signals import Signals, ignore_signals
from tasker_ci.process.streams import lost_output, settle, write

_OUTPUT = (errno.EPIPE, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF)


def main() -> None:
    """Run the console script; ends the process with the exit code."""
    code = run(sys.argv)
    ignore_signals()
    sys.exit(code)


def run(argv: list[str]) -> int:
    """Run a command line (the program's name first) and return the exit code."""
    code = _run(argv)
    lost = settle()
    if lost is None or code:
        return code
    error = lost_output(lost)
    if sys.stderr is not None and not isinstance(error, Interrupted):
        write(sys.stderr, f"error: {error.message}")
    return error.exit_code


def _run(argv: list[str]) -> int:
    try:
        with Signals():
            from tasker_ci.faces.program import program

            program().run(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Interrupted as error:
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a bug must not reach the user as a traceback
        return _unforeseen(error)
    return 0


def _unforeseen(error: Exception) -> int:
    from tasker_ci.screen.terminal import make_reporter
    from tasker_ci.screen.unforeseen import access_error, bug_report

    # No session runs out here, so a fault without a file is one of what is printed.
    output = isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT
    if isinstance(error, OSError) and output:
        known: TaskerCIError | Interrupted | None = lost_output(error)
    else:
        known = error if isinstance(error, TaskerCIError) else access_error(error)
    told = known or bug_report(error)
    settle()
    if not isinstance(told, Interrupted):
        make_reporter(os.environ, product=output).failure(told)
    return told.exit_code
