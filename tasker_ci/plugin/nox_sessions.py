"""Every session as a nox session without a virtual environment of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import nox

from tasker_ci.context import Face, Status
from tasker_ci.errors import UsageError
from tasker_ci.plugin.execute import execute
from tasker_ci.plugin.options import description_of, options_of, parse, split
from tasker_ci.reporter import make_reporter
from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.sessions import Session


def register() -> None:
    """Register the sessions that the noxfile has not defined itself."""
    taken = nox.registry.get()
    for name, session in SESSIONS.items():
        if name not in taken:
            nox.session(
                _nox_function(name, session),
                name=name,
                venv_backend="none",
                tags=list(session.tags),
                default=session.default,
                allow_parallel=True,
            )


def _nox_function(name: str, session: Session) -> Callable[[nox.Session], None]:
    def run(nox_session: nox.Session) -> None:
        own, passthrough = split(nox_session.posargs)
        function = session.load()
        prog = f"nox -s {name} --"
        try:
            options = parse(prog, description_of(function), options_of(function), own)
        except UsageError as error:
            make_reporter(os.environ, as_json=False).failure(error)
            nox_session.error(error.message)
        ending = execute(name, session, options, face=Face.NOX, passthrough=passthrough)
        if ending.interrupted:
            # nox knows Ctrl-C alone; SystemExit passes through it with the code of any signal.
            sys.exit(ending.exit_code)
        if ending.exit_code:
            nox_session.error(f"{ending.reason} [exit code {ending.exit_code}]")
        if ending.status != Status.PASSED:
            nox_session.skip(ending.reason)

    run.__doc__ = description_of(session.load())
    run.__name__ = name
    return run
