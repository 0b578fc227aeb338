"""Settings of the whole pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class CiSettings:
    fail_fast: Annotated[bool, "Whether `ci` stops at the first session that fails."] = False
