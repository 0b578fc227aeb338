"""Settings of the combinations of features: the table ``[combinations]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class CombinationSettings:
    pipeline: Annotated[bool, "Whether it is part of the pipeline: of `ci` and the workflows."] = (
        False
    )
    depth: Annotated[int, "How many features at most are on together; 1: each alone."] = 1
    groups: Annotated[
        tuple[str, ...],
        "Features that exclude each other (`a,b`), beside those that the code itself refuses.",
    ] = ()
    exclude: Annotated[tuple[str, ...], "Features that are left out."] = ()
