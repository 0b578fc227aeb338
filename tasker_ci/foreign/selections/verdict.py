"""Whether something is selected: yes, no, or that it cannot be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Verdict:
    """Whether something is selected, and why not."""

    selected: bool | None
    """None where that cannot be said."""
    why: str = ""
    """A clause for a person where it is not, or where that is not known: "`-p` names neither"."""


YES = Verdict(selected=True)


def no(why: str) -> Verdict:
    """It is not selected, because of ``why``."""
    return Verdict(selected=False, why=why)


def unsaid(why: str) -> Verdict:
    """Whether it is selected cannot be said, because of ``why``."""
    return Verdict(selected=None, why=why)


def all_verdicts(verdicts: Iterable[Verdict]) -> Verdict:
    """No if one is no, else not known if one is not, else yes."""
    doubt = YES
    for verdict in verdicts:
        if verdict.selected is False:
            return verdict
        if verdict.selected is None and doubt is YES:
            doubt = verdict
    return doubt
