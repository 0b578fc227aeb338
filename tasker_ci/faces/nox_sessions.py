"""Every session as a nox session without a virtual environment of its own.

Listing sessions must stay cheap, so a session's own module is imported when it runs.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import TYPE_CHECKING

import nox

from tasker_ci.faces.rows_here import rows_here
from tasker_ci.process.streams import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.session import Session


def register() -> None:
    """Register the sessions that the noxfile has not defined itself."""
    atexit.register(settle)
    taken = nox.registry.get()
    looked_at: set[str] = set()
    rows = rows_here()
    default = rows.default
    for name, session in rows.sessions.items():
        if name not in taken:
            nox.session(
                name=name,
                venv_backend="none",
                tags=list(session.tags),
                default=name in default,
                allow_parallel=True,
            )(_nox_function(name, session, looked_at))


def _nox_function(
    name: str, session: Session, looked_at: set[str]
) -> Callable[[nox.Session], None]:
    def run(nox_session: nox.Session) -> None:
        from tasker_ci.context import Face, Status
        from tasker_ci.errors import Interrupted, TaskerCIError
        from tasker_ci.faces.execute import execute, harmless
        from tasker_ci.faces.options import (
            check_former_words,
            flags_of,
            help_of,
            parse,
            split,
            with_flag_for_word,
            with_flags_for_words,
        )
        from tasker_ci.screen.terminal import make_reporter

        own, passthrough = split(nox_session.posargs)
        prog = f"nox -s {name} --"
        try:
            known = flags_of(session)
            check_former_words(name, session.former_words, known, own, Face.NOX)
            words = with_flag_for_word(session.word, known, own)
            words = with_flags_for_words(session.words, known, words)
            options = parse(prog, help_of(session), known, words)
        except TaskerCIError as error:
            make_reporter(os.environ, as_json=False).failure(error)
            nox_session.error(f"{harmless(error.message)} [exit code {error.exit_code}]")
        except Interrupted as error:
            sys.exit(error.exit_code)
        ending = execute(
            name,
            session,
            options,
            face=Face.NOX,
            passthrough=passthrough,
            following=_following(nox_session),
            looked_at=looked_at,
        )
        if ending.interrupted or ending.unfit:
            # nox knows Ctrl-C alone; SystemExit passes through it with the code of any signal.
            # Where something is missing every other session would only say so once more.
            sys.exit(ending.exit_code)
        if ending.not_checked and not _is_named(nox_session, name):
            # A bare `nox` is the pipeline, which goes on without what could not be checked.
            nox_session.skip(f"NOT CHECKED: {ending.reason}")
        if ending.exit_code:
            nox_session.error(f"{ending.reason} [exit code {ending.exit_code}]")
        if ending.status != Status.PASSED:
            nox_session.skip(ending.reason)

    run.__doc__ = f"{session.summary}\n\nnox -s {name} -- --help lists its flags."
    run.__name__ = name
    return run


def _following(nox_session: nox.Session) -> tuple[str, ...]:
    """The sessions that nox runs after this one."""
    manifest = nox_session._runner.manifest  # noqa: SLF001 - nox has no public way
    return tuple(each.name for each, waiting in manifest.list_all_sessions() if waiting)


def _is_named(nox_session: nox.Session, name: str) -> bool:
    """Whether the user asked for this very session, not for a tag or for all."""
    named = nox_session._runner.global_config.sessions  # noqa: SLF001 - nox has no public way
    return name in (named or ())
