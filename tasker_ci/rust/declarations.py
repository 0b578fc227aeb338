"""What a Rust file declares, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tasker_ci.rust.conditions import Condition


OF_MACRO = "$"
"""In place of a test's module, within a macro."""


@dataclass(frozen=True)
class Level:
    """One module within the file, written out in braces."""

    name: str
    path: str | None = None
    """What its `#[path]` says."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """``mod name;``: a file of its own."""

    name: str
    line: int
    paths: tuple[str, ...] = ()
    """What `#[path]` says, or may say under some condition."""
    path_conditions: tuple[tuple[Condition, ...], ...] = ()
    """For each path, under which."""
    only_paths: bool = False
    """Whether a path holds under every condition."""
    levels: tuple[Level, ...] = ()
    """The modules of this file that it stands in, outermost first."""
    conditions: tuple[Condition, ...] = ()
    by_macro: bool = False
    """Whether a macro declares it, wherever that is called."""


@dataclass(frozen=True, kw_only=True)
class Include:
    """``include!``, ``include_str!`` or ``automod::dir!`` with a path that is written out."""

    path: str
    line: int
    macro: str
    from_manifest: bool = False
    """Whether the path starts at the package's folder, not at the file's."""
    levels: tuple[Level, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Test:
    """A function that an attribute makes a test."""

    __test__ = False

    name: str
    line: int
    attribute: str
    conditions: tuple[Condition, ...] = ()
    inside: str | None = None
    """The function around it, where no harness finds it."""
    ignored: bool = False
    """Whether it has `#[ignore]`; one under a condition (`miri`) may run."""
    module: str = ""
    """The modules of this file that it stands in: ``tests::slow``; `OF_MACRO` within a macro, whose
    callers decide about that."""


@dataclass(frozen=True, kw_only=True)
class DocumentationExample:
    """A code block of the documentation that rustdoc would take for a test."""

    line: int
    code: str
    conditions: tuple[Condition, ...] = ()


class TextLiteral(NamedTuple):
    """A string literal, and what the code around it says of it.

    A workspace has more of these than of all the others: a tuple is made five times as fast.
    """

    value: str
    line: int
    before: str = ""
    """What is joined before it: ``a/b`` in ``.join("a").join("b").join("c")``."""
    is_feature: bool = False
    """Whether it is the value of a ``feature =``."""
    of_package: bool = False
    """Whether it is given to what takes the name of a package or program."""
    goes_up: bool = False
    """Whether a folder above follows (``.parent()``)."""
    is_prose: bool = False
    """Whether it is compared or written as characters, so that two dots are no folder above."""


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """What one Rust file declares."""

    modules: tuple[Module, ...] = ()
    includes: tuple[Include, ...] = ()
    tests: tuple[Test, ...] = ()
    benchmarks: tuple[Test, ...] = ()
    """Functions with `#[bench]`: `cargo bench` runs them, and within a test binary also the tests'
    harness, once each."""
    examples: tuple[DocumentationExample, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """Of the whole file (``#![cfg(…)]``)."""
    refusals: tuple[tuple[Condition, ...], ...] = ()
    """Of each `compile_error!`, what has to hold for it."""
    unstable: tuple[Condition, ...] = ()
    """What switches on unstable features of the language (``#![cfg_attr(…, feature(…))]``)."""
    own_test_macro: bool = False
    """Whether it imports a macro named `test`, so that `#[test]` may not be the compiler's."""
