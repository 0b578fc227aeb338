"""Settings of the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class HistorySettings:
    folder: Annotated[str, "Where each run leaves its record, relative to the project root."] = (
        ".tasker-ci/history"
    )
    keep: Annotated[int, "How many records are kept, the newest; 0: none is written."] = 500
    megabytes: Annotated[int, "How much room they may take together; the newest always stays."] = 64
