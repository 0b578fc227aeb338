"""One call of cargo or of a tool of it, as it is meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.places import Opaque


class Action(Enum):
    """What a call does with what it selects."""

    TEST = "runs tests"
    COMPILE_TESTS = "compiles tests"
    """``--no-run``, ``nextest list``, ``nextest archive``, ``check --tests``."""
    BENCH = "runs benchmarks"
    BUILD = "builds"
    CHECK = "checks"
    LINT = "lints"
    DOC = "documents"
    FORMAT = "formats"
    RUN = "runs a program of the workspace"
    PUBLISH = "publishes"
    OTHER = "does something else"


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One call of cargo."""

    command: Command
    program: str
    """``cargo`` or ``cross``."""
    subcommand: tuple[str, ...]
    """``("test",)``, ``("nextest", "run")``, ``("llvm-cov", "nextest")``, ``("hack", "test")``."""
    action: Action
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By their long names (``--package``), each with its values in order; () for a switch."""
    words: tuple[str, ...] = ()
    """Positional arguments, such as the name filter of `cargo test`."""
    after_dashes: tuple[str, ...] = ()
    """What follows ``--``."""
    toolchain: str | None = None
    """Of ``+toolchain``."""
    manifest_folder: PurePosixPath | None = None
    """The folder whose ``Cargo.toml`` cargo begins with; None where it is not known."""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    unknown_values: frozenset[str] = frozenset()
    """Flags of which a value is not known: ``--features``; ``+`` for the toolchain, ``--`` for what
    follows that."""
    unknown_flags: tuple[str, ...] = ()
    """Those that no cargo or nextest has that is known here: it would refuse the call."""
    opaque: tuple[Opaque, ...] = ()
    """Parts that could not be read: with one, anything may be selected."""

    def has(self, *names: str) -> bool:
        """Whether one of these flags is there."""
        return any(name in self.flags for name in names)

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a flag."""
        return self.flags.get(name, ())
