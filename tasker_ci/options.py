"""A session's parameters as options: one definition for every face.

A keyword-only parameter is a flag.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partial
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: a switch, a value, or a value that may be repeated."""

    name: str
    default: Any
    help: str
    type: type = str
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    required: bool = False

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
        extra += ["required"] if self.required else []
        return " ".join(filter(None, (self.help, f"({'; '.join(extra)})" if extra else "")))


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a function says of itself as a session."""

    text: str
    """Its docstring."""
    options: tuple[Option, ...]


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
    """The options of a function: a flag for each keyword-only parameter.

    Arguments that a partial function has already are no options. Raises `TypeError` for a
    parameter that no flag can be.
    """
    if isinstance(function, partial):
        fixed = function.keywords
        return tuple(each for each in options_of(function.func) if each.name not in fixed)
    hints = get_type_hints(function, include_extras=True)
    return tuple(
        _option(parameter, hints.get(parameter.name))
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    )


def _option(parameter: inspect.Parameter, annotation: Any) -> Option:
    """A parameter as a flag; without an annotation it is of the type of its default, else text."""
    text = ""
    if get_origin(annotation) is Annotated:
        annotation, text, *_ = get_args(annotation)
    default = None if parameter.default is parameter.empty else parameter.default
    if annotation is None:
        annotation = str if default is None else type(default)
    repeatable = get_origin(annotation) is tuple
    if repeatable:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {UnionType, Union}:
        annotation = next(member for member in get_args(annotation) if member is not NoneType)
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    kind = str if choices else annotation
    if kind not in _TYPES or not isinstance(text, str):
        raise TypeError(f"the parameter `{parameter.name}` cannot be a flag: {annotation}")
    return Option(
        name=parameter.name,
        default=() if repeatable and default is None else default,
        help=text,
        type=kind,
        repeatable=repeatable,
        choices=choices,
        required=parameter.default is parameter.empty and not repeatable and kind is not bool,
    )


_TYPES = (str, bool, int, float)

COMMON = options_of(common)
"""The options that every session takes."""
