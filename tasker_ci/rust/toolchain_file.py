"""The file that names a project's Rust toolchain, as rustup reads it.

https://rust-lang.github.io/rustup/overrides.html#the-toolchain-file
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import read_text
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAMES = ("rust-toolchain", "rust-toolchain.toml")
"""In the order in which rustup takes them."""


@dataclass(frozen=True, kw_only=True)
class ToolchainFile:
    """What one file says."""

    path: Path
    channel: str | None = None
    """A name of rustup's, where the file gives one."""
    table: Mapping[str, Any] = field(default_factory=dict)
    """All of `[toolchain]`."""
    readable: bool = True
    """Whether it is a text; nobody knows what another one says."""


def toolchain_file(folder: Path, *, last: Path | None = None) -> ToolchainFile | None:
    """The file that counts in ``folder``: its own, or that of the nearest folder above.

    ``last`` is the last folder to look in; without it that is the root of the file system.
    """
    for each in (folder, *folder.parents):
        for file in (each / name for name in _NAMES):
            if file.is_file():
                return _read(file)
        if each == last:
            break
    return None


def _read(file: Path) -> ToolchainFile:
    try:
        text = read_text(file, encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return ToolchainFile(path=file, readable=False)
    try:
        table = read_toml(text).get("toolchain")
    except tomllib.TOMLDecodeError:
        old_form = file.suffix == "" and len(text.split()) == 1  # a name alone
        return ToolchainFile(path=file, channel=text if old_form else None)
    table = table if isinstance(table, dict) else {}
    channel = table.get("channel")
    return ToolchainFile(
        path=file, channel=channel if isinstance(channel, str) else None, table=table
    )
