"""Which braces of a Rust file stand in which, and the conditions of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.rust.conditions import Condition, read_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasker_ci.rust.attributes import Attribute
    from tasker_ci.rust.declarations import Level


@dataclass
class Scope:
    """What a pair of braces belongs to."""

    conditions: tuple[Condition, ...] = ()
    level: Level | None = None
    function: str | None = None
    branches: tuple[Condition, ...] = ()
    """Of a branch of `cfg_if!`: its condition, after those of the branches before it."""
    arms: tuple[Condition, ...] | None = None
    """Of `cfg_select!`: the predicates so far; None for all other braces."""


@dataclass(kw_only=True)
class Scopes:
    """The braces around the place that is read, and what was said of the item at hand."""

    scopes: list[Scope] = field(default_factory=lambda: [Scope()])
    _attributes: list[Attribute] = field(default_factory=list)
    _item: Scope | None = None
    """What the next brace opens."""
    _branches: tuple[Condition, ...] = ()
    """The branches of a `cfg_if!` that have just ended, and that an `else` would exclude."""

    _selects: bool = False
    """Whether the next brace is that of `cfg_select!`."""
    _arm: list[str] = field(default_factory=list)
    """What stands before the next arm's brace."""

    def _branch(self, before: str) -> Scope:
        """A scope without a name; in `cfg_if!` and `cfg_select!` all branches before exclude it."""
        scope = self._scope()
        if self._selects and before == "!":
            scope.arms, self._selects, self._arm = (), False, []
        elif before == "=>" and self.scopes[-1].arms is not None:
            self._open_arm(scope, self.scopes[-1].arms)
        own = self._own_conditions()
        if before == "if" and own:
            one = own[0] if len(own) == 1 else Condition("all", parts=own)
            scope.branches = (*self._branches, one)
        if before in {"if", "else"}:
            scope.conditions += tuple(Condition("not", parts=(each,)) for each in self._branches)
        return scope

    def _note(self, text: str, words: Sequence[str]) -> None:
        """Note what matters for `cfg_select!`: its name, or the ``words`` before an arm's brace."""
        self._selects |= text == "cfg_select"
        if words and words[0] not in {"{", "}"}:
            self._arm += words

    def _open_arm(self, scope: Scope, before: tuple[Condition, ...]) -> None:
        """Give an arm of `cfg_select!` its conditions.

        https://doc.rust-lang.org/std/macro.cfg_select.html
        """
        words = self._arm[1:] if self._arm[:1] == [","] else self._arm
        condition = read_condition([word for word in words if word != "=>"])
        if condition.name != "_":
            scope.conditions += (condition,)
            self.scopes[-1].arms = (*before, condition)
        scope.conditions += tuple(Condition("not", parts=(each,)) for each in before)
        self._arm = []

    def _scope(self, level: Level | None = None, function: str | None = None) -> Scope:
        """The scope that the item at hand opens, with all its conditions."""
        around = self.scopes[-1]
        return Scope(
            conditions=(*around.conditions, *self._own_conditions()),
            level=level,
            function=function or around.function,
        )

    def _own_conditions(self) -> tuple[Condition, ...]:
        return tuple(
            each.condition
            if not each.conditions
            else Condition(
                "any",
                parts=(*(Condition("not", parts=(c,)) for c in each.conditions), each.condition),
            )
            for each in self._attributes
            if each.condition is not None
        )

    def _path(self) -> str | None:
        return next((each.value for each in self._attributes if each.path == "path"), None)

    def _levels(self) -> tuple[Level, ...]:
        return tuple(scope.level for scope in self.scopes if scope.level is not None)
