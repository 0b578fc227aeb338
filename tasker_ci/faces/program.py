"""The console script's program: invoke's, without its configuration files, with our exit codes."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from invoke import Config, Exit, ParseError, Program

from tasker_ci.errors import UsageError
from tasker_ci.faces.invoke_tasks import collection
from tasker_ci.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from invoke import Argument

_CORE_OPTIONS = frozenset(
    {
        "complete",
        "debug",
        "help",
        "list",
        "list-depth",
        "list-format",
        "print-completion-script",
        "version",
        "write-pyc",
    }
)
"""What of invoke's own options has a meaning here; the others are about its way to run commands."""


def program() -> Program:
    """The program over all sessions."""
    return _Program(
        name="tasker-ci",
        binary="tasker-ci",
        binary_names=["tasker-ci"],
        version=__version__,
        namespace=collection("tasker-ci"),
    )


class _Program(Program):
    def core_args(self) -> list[Argument]:
        return [argument for argument in super().core_args() if argument.name in _CORE_OPTIONS]

    def create_config(self) -> None:
        self.config = Config(lazy=True)  # no /etc/invoke.*, no ~/.invoke.*

    def update_config(self, merge: bool = True) -> None:  # noqa: FBT001, FBT002 - invoke's signature
        if merge:
            self.config.merge()

    def parse_core(self, argv: list[str] | None) -> None:
        writes_no_bytecode = sys.dont_write_bytecode
        with _usage_errors():
            super().parse_core(argv and _with_flags_for_words(argv))
        # Invoke switches bytecode off for the sake of tasks.py; ours is compiled once and kept.
        sys.dont_write_bytecode = writes_no_bytecode

    def parse_tasks(self) -> None:
        with _usage_errors():
            super().parse_tasks()

    def parse_cleanup(self) -> None:
        with _usage_errors():
            super().parse_cleanup()


def _with_flags_for_words(argv: list[str]) -> list[str]:
    """The command line of a session that takes bare words, as invoke reads it.

    To invoke a word that is the name of a session is one more task.
    """
    from tasker_ci.faces.options import flags_of, split, with_flags_for_words
    from tasker_ci.sessions import ROWS

    session = ROWS.sessions.get(argv[1]) if len(argv) > 1 else None
    if session is None or session.words is None:
        return argv
    own, passthrough = split(argv[2:])
    words = with_flags_for_words(session.words, flags_of(session), own)
    behind = ["--", *passthrough] if "--" in argv else []
    return [*argv[:2], *words, *behind]


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Invoke ends with 1 for what it cannot parse; a usage error of ours is 2."""
    try:
        yield
    except ParseError as error:
        from tasker_ci.screen.terminal import make_reporter

        step = "`tasker-ci --help` lists all sessions, `tasker-ci --help SESSION` what one takes."
        usage = UsageError(str(error), next_step=step)
        make_reporter(os.environ, as_json=True).failure(usage)
        raise Exit(code=usage.exit_code) from error
