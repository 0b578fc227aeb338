"""`cfg` predicates: read them, and say what is certain about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Quoted(str):
    """The value of a string literal among the tokens of a source."""

    __slots__ = ()


Known = Callable[[str, str | None], bool | None]
"""Whether a name (with its value, if it has one) is set; None where nobody knows."""


@dataclass(frozen=True)
class Condition:
    """One predicate of `cfg`.

    ``operator`` is ``all``, ``any``, ``not`` (over ``parts``), ``is`` (``name`` is a word such as
    ``test``, or a key with its ``value``), or ``?`` for all else.
    https://doc.rust-lang.org/reference/conditional-compilation.html
    """

    operator: str
    name: str = ""
    value: str | None = None
    parts: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        if self.operator == "is" and self.value is not None:
            return f'{self.name} = "{self.value}"'
        if self.operator in {"is", "?"}:
            return self.name
        return f"{self.operator}({', '.join(map(str, self.parts))})"

    def holds(self, known: Known) -> bool | None:
        """Whether it holds where ``known`` says what is set; None where that is not known."""
        if self.operator == "is":
            fixed = {"true": True, "false": False} if self.value is None else {}
            return fixed.get(self.name, known(self.name, self.value))
        parts = [part.holds(known) for part in self.parts]
        if self.operator == "not":
            return None if parts[:1] in ([], [None]) else not parts[0]
        if self.operator == "all":
            return all_of(parts)
        if self.operator == "any":
            return any_of(parts)
        return None

    def names(self) -> Iterator[tuple[str, str | None]]:
        """Every name that it asks for, with its value."""
        if self.operator == "is":
            yield self.name, self.value
        for part in self.parts:
            yield from part.names()


def all_of(parts: Iterable[bool | None]) -> bool | None:
    """Whether all hold; None where one that is not known decides."""
    found = set(parts)
    return False if False in found else (None if None in found else True)


def any_of(parts: Iterable[bool | None]) -> bool | None:
    """Whether any holds; None where one that is not known decides."""
    found = set(parts)
    return True if True in found else (None if None in found else False)


def read_condition(tokens: Sequence[str]) -> Condition:
    """Read one predicate from its tokens, for example ``all ( test , feature = "x" )``."""
    if len(tokens) == 3 and tokens[1] == "=" and isinstance(tokens[2], Quoted):  # noqa: PLR2004
        return Condition("is", str(tokens[0]), str(tokens[2]))
    if len(tokens) == 1:
        return Condition("is", str(tokens[0]))
    if len(tokens) > 2 and tokens[0] in {"all", "any", "not"} and tokens[1] == "(":  # noqa: PLR2004
        parts = tuple(read_condition(part) for part in split_arguments(tokens[2:-1]))
        return Condition(str(tokens[0]), parts=parts)
    return Condition("?", " ".join(map(str, tokens)))


def split_arguments(tokens: Sequence[str]) -> Iterator[Sequence[str]]:
    """The parts between the commas of a list, without the empty one after a trailing comma."""
    depth, begin = 0, 0
    for place, word in enumerate(tokens):
        if isinstance(word, Quoted):
            continue
        if word in {"(", "[", "{"}:
            depth += 1
        elif word in {")", "]", "}"}:
            depth -= 1
        elif word == "," and depth == 0:
            yield tokens[begin:place]
            begin = place + 1
    if begin < len(tokens):
        yield tokens[begin:]
