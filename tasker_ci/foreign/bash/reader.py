"""What the parts of the reading of a script ask of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.fate import Fate, Status
    from tasker_ci.foreign.bash.script import Files, Script
    from tasker_ci.foreign.bash.state import State, Value
    from tasker_ci.foreign.bash.words import Words
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.places import Place

MOST_COMMANDS = 4000
MOST_STATEMENTS = 40_000
DEEPEST = 40


@dataclass(kw_only=True)
class Limits:
    """What is left before the reading of one script stops."""

    statements: int = MOST_STATEMENTS
    depth: int = 0
    told: bool = False


class Reader(Protocol):
    """Reads one script in one state; functions and sourced files share both."""

    script: Script
    state: State
    files: Files | None
    limits: Limits
    commands: list[Command]
    inner: Fate
    """Of what stands in ``$( … )``; that of `x=$(command)` is the command's."""
    locals: dict[str, Value | None]
    """What the variables were that the present function has for itself."""

    calls: list[tuple[object, ...]]
    """The functions that are being read, each with its words."""
    broken: bool
    """Whether `break` has ended the present loop."""

    @property
    def words(self) -> Words:
        """What expands words in the present state."""

    def read(self, script: Script, fate: Fate) -> Status:
        """Walk a text in the present state."""

    def block(self, nodes: list[Node], fate: Fate) -> Status:
        """Walk statements one after the other."""

    def statement(self, node: Node, fate: Fate) -> Status:
        """Walk one statement."""

    def run(
        self, node: Node, words: list[str], variables: dict[str, Value], text: str, fate: Fate
    ) -> Status:
        """Run words that are expanded."""

    def seen(self, words: list[str]) -> tuple[str | None, ...]:
        """Words as others see them."""

    def place(self, node: Node) -> Place:
        """Where a node stands in its file."""

    def stop(self, place: Place) -> None:
        """Say once that the reading ends here."""
