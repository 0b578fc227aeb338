"""Attributes of Rust items: paths, conditions, and whether one makes a function a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.rust.conditions import Condition, Quoted, read_condition, split_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TEST_ATTRIBUTES = frozenset({"gtest", "parameterized", "proptest", "quickcheck", "rstest", "test"})
"""The last part of an attribute's path that makes a test, beside ``…_test`` and ``test_…``."""

_NO_TESTS = frozenset({"test_with", "no_test", "skip_test"})


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute, those within `cfg_attr` apart with its predicate among ``conditions``."""

    path: str
    """``cfg``, ``tokio::test``."""
    value: str | None = None
    """The text after ``=``."""
    arguments: tuple[str, ...] = ()
    """The tokens within the parentheses."""
    conditions: tuple[Condition, ...] = ()

    @property
    def condition(self) -> Condition | None:
        """The predicate, if this is `cfg`."""
        return read_condition(self.arguments) if self.path == "cfg" else None

    def makes_a_test(self, more: Iterable[str] = ()) -> bool:
        """Whether a function with it is a test; ``more`` are names of a project's own macros."""
        last = self.path.rpartition("::")[2]
        return (
            last in TEST_ATTRIBUTES
            or last in more
            or (last == "apply" and "test" in self.arguments)
            or ((last.endswith("_test") or last.startswith("test_")) and last not in _NO_TESTS)
        )

    @property
    def makes_a_benchmark(self) -> bool:
        """Whether a function with it is a benchmark: the compiler's own, or divan's."""
        return self.path.rpartition("::")[2] == "bench"


def read_attribute(
    tokens: Sequence[str], conditions: tuple[Condition, ...] = ()
) -> Iterator[Attribute]:
    """Read what stands between the brackets; `cfg_attr` gives all that it may add."""
    end = next(
        (
            place
            for place, token in enumerate(tokens)
            if isinstance(token, Quoted) or token in {"(", "[", "{", "="}
        ),
        len(tokens),
    )
    path = "".join(tokens[:end]).removeprefix("::")
    rest = tokens[end:]
    if path == "unsafe" and rest:
        yield from read_attribute(rest[1:-1], conditions)
        return
    if path == "cfg_attr" and len(rest) > 2:  # noqa: PLR2004 - more than its parentheses
        predicate, *added = split_arguments(rest[1:-1])
        for each in added:
            yield from read_attribute(each, (*conditions, read_condition(predicate)))
        return
    value = None
    if rest[:1] == ["="] or rest[:1] == ("=",):
        value = next((str(token) for token in rest[1:] if isinstance(token, Quoted)), None)
    arguments = tuple(rest[1:-1]) if rest and rest[0] in {"(", "[", "{"} else ()
    yield Attribute(path=path, value=value, arguments=arguments, conditions=conditions)
