"""Settings of what changes affect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class AffectedRule:
    paths: Annotated[
        tuple[str, ...], "Paths relative to the repository; `*` stands for any text, also `/`."
    ]
    affects: Annotated[tuple[str, ...], "The packages; `all` for all, an empty list for none."]
    reason: Annotated[str, "Why."]


@dataclass(frozen=True, kw_only=True)
class AffectedSettings:
    base: Annotated[
        str,
        "What changes are counted from; empty: the branch that a pull request goes to, else the "
        "remote's main branch.",
    ] = ""
    rules: Annotated[
        tuple[AffectedRule, ...], "What changed paths mean here; the first that matches is taken."
    ] = ()
