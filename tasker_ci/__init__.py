"""One set of CI sessions for a Rust workspace: nox, invoke, a console script, GitHub workflows.

A ``noxfile.py`` calls ``tasker_ci.register_sessions()``; a ``tasks.py`` has
``from tasker_ci import namespace``. Whoever writes a session finds here what it takes, and in
`tasker_ci.testing` what tests it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tasker_ci.version import __version__

if TYPE_CHECKING:
    from invoke import Collection

    from tasker_ci.context import Context, Outcome, Status
    from tasker_ci.errors import CommandFailed, MissingToolError, TaskerCIError, UsageError
    from tasker_ci.process.command import Command, Completed, Output
    from tasker_ci.session import Session
    from tasker_ci.sessions.own.running import run

    namespace: Collection

__all__ = [
    "Command",
    "CommandFailed",
    "Completed",
    "Context",
    "MissingToolError",
    "Outcome",
    "Output",
    "Session",
    "Status",
    "TaskerCIError",
    "UsageError",
    "__version__",
    "add_tasks",
    "namespace",
    "register_sessions",
    "run",
]

_HOMES = {
    "tasker_ci.context": ("Context", "Outcome", "Status"),
    "tasker_ci.errors": ("CommandFailed", "MissingToolError", "TaskerCIError", "UsageError"),
    "tasker_ci.process.command": ("Command", "Completed", "Output"),
    "tasker_ci.session": ("Session",),
    "tasker_ci.sessions.own.running": ("run",),
}
"""Where the names are that are handed on."""


def register_sessions() -> None:
    """Register every session with nox; call it in a ``noxfile.py``.

    Calling it twice does no harm, and a session that the noxfile defines itself is kept.
    """
    from tasker_ci.faces.nox_sessions import register

    register()


def add_tasks(collection: Collection) -> None:
    """Add every session to an invoke collection; call it in a ``tasks.py`` with tasks of its own.

    A task of the same name that is there already is kept.
    """
    from tasker_ci.faces.invoke_tasks import add_tasks

    add_tasks(collection)


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for: nox needs no invoke, and a list little."""
    if name == "namespace":
        from tasker_ci.faces.invoke_tasks import collection

        return collection()
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
