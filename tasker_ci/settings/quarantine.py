"""A test in quarantine, as settings name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class QuarantinedTest:
    test: Annotated[str, "The test, as a nextest filterset: `package(api) & test(=login)`."]
    reason: Annotated[str, "Why its failure is no news, and who fixes it."]
    review: Annotated[date, "From this day on its failure is red again."]
