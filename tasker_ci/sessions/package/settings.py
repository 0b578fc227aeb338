"""Settings of the tarballs: the table ``[package]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class PackageSettings:
    pipeline: Annotated[bool, "Whether it is part of the pipeline: of `ci` and the workflows."] = (
        False
    )
    exclude: Annotated[tuple[str, ...], "Packages that are left out."] = ()
