"""One set of CI sessions for a Rust workspace: nox, invoke, a console script, GitHub workflows.

A ``noxfile.py`` calls ``tasker_ci.register_sessions()``; a ``tasks.py`` has
``from tasker_ci import namespace``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.version import __version__

if TYPE_CHECKING:
    from invoke import Collection

    namespace: Collection

__all__ = ["__version__", "add_tasks", "namespace", "register_sessions"]


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
    """Build the invoke collection when it is asked for, so that nox does not import invoke."""
    if name == "namespace":
        from tasker_ci.faces.invoke_tasks import collection

        return collection()
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
