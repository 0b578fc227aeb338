"""What one call of cargo's selects in one workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.invocations.invocation import Action, Invocation
    from tasker_ci.foreign.places import Opaque
    from tasker_ci.rust.conditions import Condition
    from tasker_ci.rust.workspace import Package, Target, Workspace


@dataclass(frozen=True)
class Verdict:
    """Whether something is selected, and why not."""

    selected: bool | None
    """None where that cannot be said."""
    why: str = ""
    """A clause for a person where it is not, or where that is not known: "`-p` names neither"."""


class TestFilter(Protocol):
    """Which tests of a built target a call runs."""

    def runs(self, package: Package, target: Target, test: str, *, ignored: bool) -> Verdict:
        """``test`` is the path within the target: ``tests::adds``."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """One build that a call makes; `cargo hack` makes several."""

    invocation: Invocation
    workspace: Workspace
    action: Action
    packages: frozenset[str] | None
    """The names of the members that it selects; None where they are not known."""
    features: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """By member, also those that are dependencies alone: what cargo's closure switches on. None or
    absent where that is not known."""
    toolchain: str | None = None
    """"" for what the machine has, None where it is not known."""
    opaque: tuple[Opaque, ...] = ()

    def builds(self, package: Package, target: Target) -> Verdict:
        """Whether it builds a target as a test (for doctests: whether rustdoc runs them)."""
        raise NotImplementedError

    def compiles(
        self, package: Package, target: Target, conditions: tuple[Condition, ...]
    ) -> Verdict:
        """Whether what lies behind ``cfg`` conditions is compiled into that target's test."""
        raise NotImplementedError

    def runs(self, package: Package, target: Target, test: str, *, ignored: bool) -> Verdict:
        """Whether it runs a test of a target that it builds, by filters alone."""
        raise NotImplementedError
