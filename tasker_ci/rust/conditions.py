"""`cfg` predicates: read them, and say what is certain about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Quoted(str):
    """The value of a string literal among the tokens of a source."""

    __slots__ = ()


@dataclass(frozen=True)
class Condition:
    """One predicate of `cfg`.

    ``operator`` is ``all``, ``any``, ``not`` (over ``parts``), ``feature`` (``name`` is the
    feature), ``is`` (``name`` is a bare word such as ``test``), or ``?`` for all else.
    https://doc.rust-lang.org/reference/conditional-compilation.html
    """

    operator: str
    name: str = ""
    parts: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        if self.operator == "feature":
            return f'feature = "{self.name}"'
        if self.operator in {"is", "?"}:
            return self.name
        return f"{self.operator}({', '.join(map(str, self.parts))})"

    def holds(self, *, test: bool, feature: Callable[[str], bool | None]) -> bool | None:
        """Whether it holds; None where that depends on the platform, on flags, or is unknown."""
        if self.operator == "feature":
            return feature(self.name)
        if self.operator == "is":
            return {"test": test, "true": True, "false": False}.get(self.name)
        known = [part.holds(test=test, feature=feature) for part in self.parts]
        if self.operator == "not":
            return None if known[:1] in ([], [None]) else not known[0]
        if self.operator == "all":
            return False if False in known else (None if None in known else True)
        if self.operator == "any":
            return True if True in known else (None if None in known else False)
        return None


def read_condition(tokens: Sequence[str]) -> Condition:
    """Read one predicate from its tokens, for example ``all ( test , feature = "x" )``."""
    if len(tokens) == 3 and tokens[0] == "feature" and tokens[1] == "=":  # noqa: PLR2004
        return Condition("feature", str(tokens[2]))
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
