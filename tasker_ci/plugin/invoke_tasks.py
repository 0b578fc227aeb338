"""Every session as an invoke task, in one explicit collection."""

from __future__ import annotations

import inspect
import os
import sys
from typing import TYPE_CHECKING, Any

from invoke import Collection, Exit, Task

from tasker_ci.context import Face
from tasker_ci.errors import UsageError
from tasker_ci.plugin.execute import execute
from tasker_ci.plugin.options import checked, description_of, options_of, split
from tasker_ci.reporter import make_reporter
from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasker_ci.plugin.options import Option
    from tasker_ci.sessions import Session


def collection(face: Face = Face.INVOKE) -> Collection:
    """All sessions as tasks; ``face`` is how advice names the program."""
    result = Collection()
    for name, session in SESSIONS.items():
        result.add_task(_task(name, session, face))
    return result


def _task(name: str, session: Session, face: Face) -> Task[Any]:
    function = session.load()
    options = options_of(function)
    return Task(
        _body(name, session, options, face),
        name=name,
        auto_shortflags=False,
        iterable=[option.name for option in options if option.repeatable],
        help={option.name: option.full_help for option in options},
    )


def _body(
    name: str, session: Session, options: tuple[Option, ...], face: Face
) -> Callable[..., None]:
    def body(_invoke: Any, **values: Any) -> None:
        # invoke joins what follows `--` to one string, so it is taken from the arguments themselves.
        _, passthrough = split(sys.argv[1:])
        try:
            accepted = checked(options, values)
        except UsageError as error:
            make_reporter(os.environ, as_json=False).failure(error)
            raise Exit(code=error.exit_code) from error
        ending = execute(name, session, accepted, face=face, passthrough=passthrough)
        if ending.exit_code:
            raise Exit(code=ending.exit_code)

    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [
        inspect.Parameter(
            option.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=[] if option.repeatable else option.default,
        )
        for option in options
    ]
    body.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    body.__doc__ = description_of(session.load())
    body.__name__ = name
    return body
