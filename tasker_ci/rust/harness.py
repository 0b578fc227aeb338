"""Which test targets bring a harness of their own, in place of Rust's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import SOURCE_BYTES, read_text
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasker_ci.rust.workspace import Package, Target

_REPLACED = re.compile(r"^\s*#!\[[^\]]*\b(?:custom_test_frameworks|no_main)\b", re.MULTILINE)


def has_own_harness(package: Package, target: Target) -> bool:
    """Whether the target's tests are run by its own main function.

    ``harness = false`` says so in the manifest, and a crate without Rust's main or with a test
    framework of its own says so at its top. What cannot be read has Rust's harness.
    """
    table = target_table(read_tables(package.manifest), package, target)
    return table.get("harness") is False or bool(_REPLACED.search(_text(target.source)))


def target_table(
    manifest: Mapping[str, Any], package: Package, target: Target
) -> Mapping[str, Any]:
    """The table of a target in its package's manifest; empty where cargo found it by its place."""
    if target.kind in {"lib", "proc-macro"}:
        table = manifest.get("lib")
        return table if isinstance(table, dict) else {}
    tables = manifest.get(target.kind)
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict) and table.get("name", package.name) == target.name:
            return table
    return {}


def _text(file: Path) -> str:
    try:
        return read_text(file, most=SOURCE_BYTES, encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
