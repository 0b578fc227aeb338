"""Every session as an invoke task, in one explicit collection.

Listing tasks must stay cheap, so a session's own module is imported when the session is named.
"""

from __future__ import annotations

import atexit
import inspect
import os
import sys
from typing import TYPE_CHECKING, Any

from invoke import Collection, Exit, Task

from tasker_ci.errors import Interrupted, TaskerCIError, UsageError
from tasker_ci.faces.rows_here import rows_here
from tasker_ci.process.streams import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from invoke import Argument

    from tasker_ci.options import Option
    from tasker_ci.session import Session


def collection(face: str = "invoke") -> Collection:
    """All sessions as tasks; ``face`` is how advice names the program."""
    atexit.register(settle)
    result = Collection()
    for name, session in rows_here().sessions.items():
        result.add_task(_SessionTask(name, session, face))
    return result


def add_tasks(to: Collection) -> None:
    """Add all sessions to a collection that has tasks of its own, which keep their names."""
    atexit.register(settle)
    taken = {*to.collections, *to.tasks, *to.tasks.aliases}
    for name, session in rows_here().sessions.items():
        if to.transform(name) not in taken:
            to.add_task(_SessionTask(name, session, "invoke"), name=name)


class _SessionTask(Task[Any]):
    """A task that learns its flags when the command line names it.

    Invoke asks every task of a collection for its arguments before it parses anything.
    """

    def __init__(self, name: str, session: Session, face: str) -> None:
        super().__init__(
            _body(name, session, face), name=name, positional=(), auto_shortflags=False
        )
        self._session = session
        self._face = face

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:  # noqa: FBT001 - invoke's signature
        if all(word.rpartition("=")[2] != self.name for word in sys.argv):  # also --help=NAME
            return []
        from tasker_ci.faces.options import flags_of, help_of

        try:
            options = flags_of(self._session)
        except TaskerCIError as error:
            raise _reported(error) from error
        except Interrupted as error:
            raise Exit(code=error.exit_code) from error
        self._check_words(options)
        self.__doc__ = help_of(self._session)
        self.body.__signature__ = _signature(options)  # type: ignore[attr-defined]
        self.iterable = [option.name for option in options if option.repeatable]
        self.help = {option.name: option.full_help for option in options}
        arguments: list[Argument] = super().get_arguments(ignore_unknown_help)
        for argument in arguments:
            if argument.kind is list:
                argument.raw_value = None  # else invoke takes such a flag without any value
            # To invoke a positional argument is required: it is one where a word is there.
            argument.positional |= argument.name == self._session.word and self._has_word(options)
        return arguments

    def _behind(self) -> Sequence[str]:
        """What follows the session's name on the command line."""
        from tasker_ci.faces.options import split

        words, _ = split(sys.argv[1:])
        return words[words.index(self.name) + 1 :] if self.name in words else ()

    def _has_word(self, options: Sequence[Option]) -> bool:
        """Whether a bare word follows that is not the name of another session."""
        from tasker_ci.faces.options import bare_words

        word = next((word for _, word in bare_words(options, self._behind())), None)
        return word is not None and word not in rows_here().sessions

    def _check_words(self, options: Sequence[Option]) -> None:
        """End where a former word follows: to invoke it is one more task."""
        from tasker_ci.context import Face
        from tasker_ci.faces.options import check_former_words

        behind = self._behind()
        former = self._session.former_words
        try:
            check_former_words(self.name, former, options, behind, Face(self._face))
        except UsageError as error:
            raise _reported(error) from error


def _reported(error: TaskerCIError) -> Exit:
    """Report a usage error; return what ends invoke with its exit code."""
    from tasker_ci.screen.terminal import make_reporter

    make_reporter(os.environ, as_json=False).failure(error)
    return Exit(code=error.exit_code)


def _body(name: str, session: Session, face: str) -> Callable[..., None]:
    def body(invoke: Any, **values: Any) -> None:
        from tasker_ci.context import Face
        from tasker_ci.faces.execute import execute
        from tasker_ci.faces.options import checked, flags_of, split

        # Invoke joins what follows `--` to one string, so it is taken from the arguments.
        _, passthrough = split(sys.argv[1:])
        if invoke.config.run.dry:  # `invoke --dry SESSION` must not run anything either
            values["dry_run"] = True
        try:
            accepted = checked(flags_of(session), values)
        except UsageError as error:
            raise _reported(error) from error
        ending = execute(name, session, accepted, face=Face(face), passthrough=passthrough)
        if ending.exit_code:
            raise Exit(code=ending.exit_code)

    body.__doc__ = session.summary
    body.__name__ = name
    return body


def _signature(options: Sequence[Option]) -> inspect.Signature:
    """The options as parameters, the way invoke reads flags."""
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [
        inspect.Parameter(
            option.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=[] if option.repeatable else option.default,
        )
        for option in options
    ]
    return inspect.Signature([context, *parameters])
