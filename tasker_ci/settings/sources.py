"""Where a value came from, precise to the line of a file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tasker_ci.text.toml_lines import Place, line_of


class Rank(IntEnum):
    """The layers of settings; a higher one wins."""

    DEFAULT = 0
    PRESET = 1
    FILE = 2
    VARIABLE = 3
    FLAG = 4


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place a value came from; ``str`` names it for people."""

    rank: Rank
    name: str = ""
    text: str = ""
    key: Place = ()

    def __str__(self) -> str:
        if self.rank is Rank.DEFAULT:
            return "default"
        if self.rank is Rank.PRESET:
            return f"preset {self.name}"
        if self.rank is Rank.FILE:
            line = line_of(self.text, self.key)
            return f"{self.name}:{line}" if line else self.name
        kind = "variable" if self.rank is Rank.VARIABLE else "flag"
        return f"{kind} {self.name}"
