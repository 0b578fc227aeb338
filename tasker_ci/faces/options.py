"""A session's parameters as command-line options: one definition for every face.

A keyword-only parameter is a flag.
"""

from __future__ import annotations

import argparse
import inspect
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NoReturn,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from tasker_ci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tasker_ci.context import Face
    from tasker_ci.session import Session


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: a switch, a value, or a value that may be repeated."""

    name: str
    default: Any
    help: str
    type: type = str
    repeatable: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """The option as it is typed; ``from_`` is ``--from``, which Python keeps for itself."""
        return "--" + self.name.rstrip("_").replace("_", "-")

    @property
    def value_name(self) -> str:
        """What stands for the value in help texts."""
        return self.name.rstrip("_").upper()

    @property
    def switch(self) -> bool:
        """Whether the option takes no value."""
        return self.type is bool

    @property
    def full_help(self) -> str:
        """The help text with what may be chosen and whether it repeats."""
        extra = [f"one of {', '.join(self.choices)}"] if self.choices else []
        extra += ["repeatable"] if self.repeatable else []
        return self.help + (f" ({'; '.join(extra)})" if extra else "")


def common(
    *,
    dry_run: Annotated[
        bool, "Print the exact commands, directory and environment; run none of them."
    ] = False,
    json: Annotated[
        bool, "Print the result as JSON on standard output, all else on standard error."
    ] = False,
    set: Annotated[  # noqa: A002 - the option's name
        tuple[str, ...], "Override a setting for this run: KEY=VALUE."
    ] = (),
) -> None:
    """The options that every session takes."""


def options_of(function: Callable[..., Any]) -> tuple[Option, ...]:
    """The options of a session: its own parameters, then the common ones.

    Arguments that a partial function has already are no options.
    """
    if isinstance(function, partial):
        own = [each for each in _own(function.func) if each.name not in function.keywords]
        return (*own, *_own(common))
    return (*_own(function), *_own(common))


def _own(function: Callable[..., Any]) -> tuple[Option, ...]:
    hints = get_type_hints(function, include_extras=True)
    return tuple(
        _option(parameter, hints[parameter.name])
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    )


def _option(parameter: inspect.Parameter, annotation: Any) -> Option:
    annotation, text = get_args(annotation)
    repeatable = get_origin(annotation) is tuple
    if repeatable:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {UnionType, Union}:
        annotation = next(member for member in get_args(annotation) if member is not NoneType)
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    return Option(
        name=parameter.name,
        default=parameter.default,
        help=text,
        type=str if choices else annotation,
        repeatable=repeatable,
        choices=choices,
    )


def description_of(session: Session) -> str:
    """The text of a session's help: its docstring without indentation."""
    return session.summary if session.fixed else inspect.getdoc(session.load()) or ""


def help_of(session: Session) -> str:
    """The whole text of a session's help: the docstring, and what of the project it runs."""
    but = f", but {session.on_request}" if session.on_request else ""
    runs = session.runs
    what = f"Runs code of the project: {runs}." if runs else f"Runs no code of the project{but}."
    return f"{description_of(session)}\n\n{what}"


def checked(options: Sequence[Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the session takes them; raises `UsageError` for one it does not take."""
    result = {}
    for option in options:
        value = values.get(option.name, option.default)
        if option.repeatable:
            value = tuple(value or ())
        for item in value if option.repeatable else (value,):
            if option.choices and item is not None and item not in option.choices:
                message = f"{option.flag} takes {', '.join(option.choices)}, not {item!r}."
                raise UsageError(message, next_step="Choose one of these.")
        if option.type in {int, float} and value is not None and not isinstance(value, option.type):
            try:
                value = option.type(value)
            except ValueError:
                message = f"{option.flag} takes a number, not {value!r}."
                raise UsageError(message, next_step=f"Give {option.flag} a number.") from None
        result[option.name] = value
    return result


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"{self.prog}: {message}.", next_step=f"{self.prog} --help lists what it takes."
        )


def parse(
    prog: str, description: str, options: Sequence[Option], arguments: Sequence[str]
) -> dict[str, Any]:
    """Read ``arguments`` with argparse (nox's posargs); `--help` prints and exits.

    Raises `UsageError` for what the session does not take.
    """
    parser = _Parser(
        prog=prog,
        description=description,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option in options:
        if option.switch:
            parser.add_argument(
                option.flag,
                dest=option.name,
                action="store_true",
                help=option.full_help.replace("%", "%%"),
            )
        else:
            parser.add_argument(
                option.flag,
                dest=option.name,
                action="append" if option.repeatable else "store",
                default=None if option.repeatable else option.default,
                metavar=option.value_name,
                help=option.full_help.replace("%", "%%"),
            )
    return checked(options, vars(parser.parse_args(list(arguments))))


def check_former_words(
    name: str, former: Sequence[str], options: Sequence[Option], words: Sequence[str], face: Face
) -> None:
    """Raise `UsageError` for one of the ``former`` words, sessions now, among those behind a name.

    ``words`` are what follows the session's name on the command line; another bare word ends them.
    """
    switches = {option.flag for option in options if option.switch}
    for before, word in pairwise(("", *words)):
        value = before.startswith("-") and "=" not in before and before not in switches
        if word.startswith("-") or value:
            continue
        if word not in former:
            return
        message = f"`{name} {word}` is now the session `{word}`."
        raise UsageError(message, next_step=face.command_line(word))


def split(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split at the first ``--``: what the session takes, and what goes to its tool untouched."""
    words = list(arguments)
    if "--" not in words:
        return words, ()
    place = words.index("--")
    return words[:place], tuple(words[place + 1 :])
