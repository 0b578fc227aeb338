"""Settings of the review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class ReviewAllow:
    rule: Annotated[str, "The rule's id, for example `T1`."]
    path: Annotated[str, "The file, or a pattern: `.github/workflows/*.yml`."]
    reason: Annotated[str, "Why it is right as it is."]
    review: Annotated[date, "From this day on the finding is shown again."]


@dataclass(frozen=True, kw_only=True)
class ReviewSettings:
    pipeline: Annotated[
        bool, "Whether it is a stage of the pipeline: of `ci` and the workflows."
    ] = False
    allow: Annotated[tuple[ReviewAllow, ...], "Findings to leave out, each with its reason."] = ()
