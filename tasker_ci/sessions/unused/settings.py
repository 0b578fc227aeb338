"""Settings of the search for unused dependencies: the table ``[unused]``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from tasker_ci.text.toml_documents import has_table

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class UnusedSettings:
    pipeline: Annotated[bool, "Whether it is part of the pipeline: of `ci` and the workflows."] = (
        False
    )
    exclude: Annotated[tuple[str, ...], "Packages that are not looked at."] = ()


def configuration_file(_: Path, workspace: Path) -> str | None:
    """The manifest that configures cargo-shear; None where it does not."""
    name = "Cargo.toml"
    tables = ("workspace", "package")
    configured = any(
        has_table(workspace / name, table, "metadata", "cargo-shear") for table in tables
    )
    return name if configured else None
