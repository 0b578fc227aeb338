"""Settings of the whole pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal


@dataclass(frozen=True, kw_only=True)
class CiSettings:
    fail_fast: Annotated[bool, "Whether `ci` stops at the first session that fails."] = False


@dataclass(frozen=True, kw_only=True)
class ProvenSettings:
    sessions: Annotated[
        Literal["all"] | tuple[str, ...],
        "The sessions that `ci` does not run again while nothing they depend on has changed since "
        "a green run; `all`: each that can say what it depends on.",
    ] = "all"
    hours: Annotated[
        int,
        "For how long a green run counts of a session that asks services or a network; 0: it runs "
        "each time.",
    ] = 0
