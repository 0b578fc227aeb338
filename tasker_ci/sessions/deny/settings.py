"""Settings of the rules for dependencies: the table ``[deny]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class DenySettings:
    pipeline: Annotated[bool, "Whether it is part of the pipeline: of `ci` and the workflows."] = (
        False
    )
    advisories: Annotated[
        bool, "Whether it looks up advisories; the pipeline then has no `audit` beside it."
    ] = True
