"""Settings of the inventory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal


@dataclass(frozen=True, kw_only=True)
class InventoryAllow:
    path: Annotated[str, "The file, relative to the workspace; `*` stands for any text."]
    reason: Annotated[str, "Why nobody has to test it."]


@dataclass(frozen=True, kw_only=True)
class InventorySettings:
    findings: Annotated[
        Literal["warn", "error"], "Whether something that no session tests fails `inventory`."
    ] = "warn"
    test_attributes: Annotated[
        tuple[str, ...], "Attributes of your own that make a function a test, by their last word."
    ] = ()
    allow: Annotated[
        tuple[InventoryAllow, ...], "Findings to leave out, each with its reason."
    ] = ()
