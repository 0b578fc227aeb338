"""What every face does with a session's options: help, reading, checking."""

from __future__ import annotations

import argparse
import inspect
from itertools import pairwise
from typing import (
    TYPE_CHECKING,
    Any,
    NoReturn,
)

from tasker_ci.errors import UsageError
from tasker_ci.options import COMMON, options_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasker_ci.context import Face
    from tasker_ci.options import Option
    from tasker_ci.session import Session


def flags_of(session: Session) -> tuple[Option, ...]:
    """The options of a session: its own, then the common ones.

    Raises `TaskerCIError` where a function of the project cannot say what its flags are.
    """
    own = session.describe().options if session.describe else options_of(session.load())
    return (*own, *COMMON)


def description_of(session: Session) -> str:
    """The text of a session's help: its docstring without indentation."""
    if session.describe:
        return session.describe().text or session.summary
    if session.fixed or session.before:
        return session.summary
    return inspect.getdoc(session.load()) or ""


def help_of(session: Session) -> str:
    """The whole text of a session's help: the docstring, and what of the project it runs."""
    but = f", but {session.on_request}" if session.on_request else ""
    runs = session.runs
    what = f"Runs code of the project: {runs}." if runs else f"Runs no code of the project{but}."
    return f"{description_of(session)}\n\n{what}"


def checked(options: Sequence[Option], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the session takes them; raises `UsageError` for one it does not take."""
    result: dict[str, Any] = {}
    for option in options:
        value = values.get(option.name, option.default)
        if option.required and value is None:
            raise UsageError(
                f"{option.flag} is required.", next_step=f"Give {option.flag} a value."
            )
        if option.repeatable:
            result[option.name] = tuple(_value(option, each) for each in value or option.default)
        else:
            result[option.name] = None if value is None else _value(option, value)
    return result


def _value(option: Option, value: Any) -> Any:
    if option.choices and value not in option.choices:
        message = f"{option.flag} takes {', '.join(option.choices)}, not {value!r}."
        raise UsageError(message, next_step="Choose one of these.")
    if option.type not in {int, float} or isinstance(value, option.type):
        return value
    try:
        return option.type(value)
    except ValueError:
        message = f"{option.flag} takes a number, not {value!r}."
        raise UsageError(message, next_step=f"Give {option.flag} a number.") from None


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
                action=argparse.BooleanOptionalAction if option.default else "store_true",
                default=option.default,
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
    for _, word in bare_words(options, words):
        if word not in former:
            return
        message = f"`{name} {word}` is now the session `{word}`."
        raise UsageError(message, next_step=face.command_line(word))


def bare_words(options: Sequence[Option], words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The words that are no flag and no value of one, each with its place."""
    switches = {option.flag for option in options if option.switch}
    for place, (before, word) in enumerate(pairwise(("", *words))):
        is_value = before.startswith("-") and "=" not in before and before not in switches
        if not word.startswith("-") and not is_value:
            yield place, word


def with_flag_for_word(
    flag: str | None, options: Sequence[Option], words: Sequence[str]
) -> Sequence[str]:
    """The words with the flag before the first bare one, which is its value."""
    found = next(bare_words(options, words), None) if flag else None
    if found is None:
        return words
    place, _ = found
    return [*words[:place], f"--{flag}", *words[place:]]


def with_flags_for_words(
    flag: str | None, options: Sequence[Option], words: Sequence[str]
) -> Sequence[str]:
    """The words with the flag before each bare one, which is a value of it."""
    if not flag:
        return words
    places = {place for place, _ in bare_words(options, words)}
    result: list[str] = []
    for place, word in enumerate(words):
        result += [f"--{flag}", word] if place in places else [word]
    return result


def split(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Split at the first ``--``: what the session takes, and what goes to its tool untouched."""
    words = list(arguments)
    if "--" not in words:
        return words, ()
    place = words.index("--")
    return words[:place], tuple(words[place + 1 :])
