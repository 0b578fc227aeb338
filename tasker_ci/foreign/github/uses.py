"""A step that uses an action, with what it gives to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.places import Place

_VERSION = re.compile(r"v?\d+(\.\d+)*|[0-9a-f]{40}|main|master|latest")


@dataclass(frozen=True, kw_only=True)
class Use:
    """One use of an action of another repository."""

    step: Step
    name: str
    """Owner, repository and folder, in small letters."""
    reference: str
    """What stands behind the ``@``."""
    inputs: Mapping[str, str | None] = field(default_factory=dict)
    """By their names in small letters; None for one that is not known."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The same, with the expressions that are not known as they are written."""

    def given(self, *names: str) -> str | None:
        """The first of these inputs that is given, "" if none is; None if it is not known."""
        for name in names:
            if name in self.inputs:
                return self.inputs[name]
        return ""

    def text(self, *names: str) -> str:
        """The first of these inputs, with what is not known as it is written."""
        return next((self.texts[name] for name in names if name in self.texts), "").strip()

    def place(self, *names: str) -> Place:
        """The line of the first of these inputs that is given."""
        places = {name.lower(): place for name, place in self.step.input_places.items()}
        return next((places[name] for name in names if name in places), self.step.place)

    @property
    def has_version(self) -> bool:
        """Whether the reference is a version of the action, and no argument of it."""
        return bool(_VERSION.fullmatch(self.reference))


def listed(text: str | None) -> tuple[str, ...] | None:
    """The words between commas and blanks; None for a text that is not known."""
    return (
        None
        if text is None
        else tuple(re.split(r"[,\s]+", text.strip(" ,\n")))
        if text.strip(" ,\n")
        else ()
    )
