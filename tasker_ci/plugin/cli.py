"""``tasker-ci``: where the process begins and ends. Whatever comes up becomes an exit code.

Imports wait for the signal handlers: Ctrl-C while they run is no traceback either.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.interruption import Interruption


def main() -> None:
    """Run the console script; ends the process with the exit code."""
    sys.exit(run(sys.argv))


def run(argv: list[str]) -> int:
    """Run a command line (the program's name first) and return the exit code."""
    try:
        with Interruption():
            try:
                from tasker_ci.plugin.program import program

                program().run(argv)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Interrupted as error:
        return error.exit_code
    except BrokenPipeError:
        from tasker_ci.streams import discard

        discard(sys.stdout)
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 - a bug must not reach the user as a traceback
        return _unforeseen(error)
    return 0


def _unforeseen(error: Exception) -> int:
    from tasker_ci.plugin.execute import access_error, bug_report
    from tasker_ci.screen import make_reporter

    known = error if isinstance(error, TaskerCIError) else access_error(error)
    told = known or bug_report(error)
    with suppress(TaskerCIError):  # nobody can read it: the code stays
        make_reporter(os.environ).failure(told)
    return told.exit_code
