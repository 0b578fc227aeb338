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
        """The option as it is typed; ``from_`` is ``--from``, which Python keeps for itself.

        One letter has one hyphen, as invoke has it.
        """
        name = self.name.strip("_").replace("_", "-")
        return f"--{name}" if len(name) > 1 else f"-{name}"

    @property
    def flags(self) -> tuple[str, ...]:
        """All that is typed of it: a switch that is on has one that turns it off."""
        off = f"--no-{self.flag.lstrip('-')}"
        return (self.flag, off) if self.switch and self.default else (self.flag,)

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
    parameters = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.kind is each.KEYWORD_ONLY
    ]

    def flags() -> None: ...

    # other annotations may have names that only a checker of types knows
    flags.__annotations__ = {
        each.name: each.annotation for each in parameters if each.annotation is not each.empty
    }
    names = getattr(inspect.unwrap(function), "__globals__", {})
    hints = get_type_hints(flags, names, include_extras=True)
    return tuple(_option(each, hints.get(each.name)) for each in parameters)


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
    texts = all(isinstance(each, str) for each in (text, *choices))
    if kind not in _TYPES or not texts or (repeatable and kind is bool):
        raise TypeError(f"the parameter `{parameter.name}` cannot be a flag: {annotation}")
    if default is None:
        default = () if repeatable else False if kind is bool else None
    wanted = (int, float) if kind is float else (kind,)
    values = default if isinstance(default, tuple) else (default,)
    if (
        isinstance(default, tuple) is not repeatable
        or any(each is not None and not isinstance(each, wanted) for each in values)
        or (choices and set(values) - {None, *choices})
    ):
        raise TypeError(f"the parameter `{parameter.name}` cannot have the default {default!r}")
    return Option(
        name=parameter.name,
        default=default,
        help=text,
        type=kind,
        repeatable=repeatable,
        choices=choices,
        required=parameter.default is parameter.empty and not repeatable and kind is not bool,
    )


_TYPES = (str, bool, int, float)

COMMON = options_of(common)
"""The options that every session takes."""
