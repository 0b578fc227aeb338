"""What a walk over the steps of a job knows, may read, and finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.command import Command, Surroundings
    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.places import Opaque, Place


@dataclass(frozen=True, kw_only=True)
class WalkedRun:
    """What one leg of a job does."""

    commands: tuple[Command, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    steps: tuple[Step, ...] = ()
    """Steps that may run, those of actions too."""
    passed_over: tuple[Step, ...] = ()
    """Steps whose ``if:`` does not hold in any start of this leg, likewise."""
    after: Surroundings | None = None
    """What a step at the end would find."""


@dataclass(kw_only=True)
class Scope:
    """What the steps of a job or of one composite action share."""

    shell: str | None = None
    folder: str | None = None
    inputs: Mapping[str, Any] | None = None
    trail: tuple[Place, ...] = ()
    variables: Mapping[str, str | None] = field(default_factory=dict)
    """What the step that uses the action sets."""
    known: dict[str, Any] = field(default_factory=dict)
    """The context `steps`."""


@dataclass(kw_only=True)
class Budget:
    """How much of one repository is read: five times what the largest one that we met has."""

    steps: int = 30_000
    characters: int = 10_000_000

    def has(self, *, steps: int, characters: int) -> bool:
        """Whether so much more may be read; it counts as read."""
        self.steps -= steps
        self.characters -= characters
        return self.steps >= 0 and self.characters >= 0
