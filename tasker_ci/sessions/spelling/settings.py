"""Settings of the search for misspelled words: the table ``[spelling]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class SpellingSettings:
    pipeline: Annotated[bool, "Whether it is part of the pipeline: of `ci` and the workflows."] = (
        False
    )
