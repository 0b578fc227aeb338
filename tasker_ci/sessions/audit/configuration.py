"""cargo-audit's own configuration, and what it changes in an audit."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.text.file_reading import is_gone
from tasker_ci.text.home_folder import home_folder
from tasker_ci.text.toml_documents import read_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.process.command import Command

_EFFECTS = {
    ("advisories", "severity_threshold"): "vulnerabilities below it are left out",
    ("advisories", "informational_warnings"): "advisories of other kinds are left out",
    ("target", "arch"): "advisories for other architectures are left out",
    ("target", "os"): "advisories for other systems are left out",
    ("yanked", "enabled"): "yanked crates are not looked up",
    ("yanked", "update_index"): "crates that were yanked lately are missed",
    ("database", "url"): "the advisories come from there",
    ("database", "path"): "the advisories lie there",
    ("database", "fetch"): "the advisories are not brought up to date",
    ("database", "stale"): "a database without news for 90 days is accepted",
    ("output", "deny"): "these warnings fail the audit",
}
"""What a key does to an audit. All others change what cargo-audit prints for people alone, or
concern binaries.
https://github.com/rustsec/rustsec/blob/main/cargo-audit/audit.toml.example
"""

_OF_NO_CONSEQUENCE = {
    ("yanked", "enabled"): True,
    ("yanked", "update_index"): True,
    ("database", "fetch"): True,
    ("database", "stale"): False,
    ("output", "deny"): [],
}
"""Values that are cargo-audit's default."""


@dataclass(frozen=True, kw_only=True)
class AuditConfiguration:
    """One `audit.toml`; empty if there is none."""

    file: Path | None = None
    name: str = "its configuration"
    """The file as people write it."""
    document: Mapping[str, Any] = field(default_factory=dict)

    def table(self, name: str) -> Mapping[str, Any]:
        """One table; empty if there is none."""
        table = self.document.get(name)
        return table if isinstance(table, dict) else {}

    @property
    def denied(self) -> frozenset[str]:
        """The kinds of warning that fail the audit."""
        configured = self.table("output").get("deny")
        kinds = frozenset(configured if isinstance(configured, list) else ())
        return frozenset({"unmaintained", "unsound", "yanked"}) if "warnings" in kinds else kinds

    @property
    def looks_for_yanked(self) -> bool:
        """Whether yanked crates are looked up."""
        return self.table("yanked").get("enabled") is not False

    def effects(self, *, own_database: bool) -> Iterator[tuple[str, str]]:
        """Each key that changes the audit, with its value, and what it does.

        With ``own_database`` the command line names the database, and the file has no say in that.
        """
        for (table, key), effect in _EFFECTS.items():
            if key not in self.table(table) or (own_database and table == "database"):
                continue
            value = self.table(table)[key]
            if _OF_NO_CONSEQUENCE.get((table, key), ...) != value:
                yield f"{table}.{key} = {json.dumps(value, default=str)}", effect


def read_configuration(command: Command) -> AuditConfiguration:
    """The project's `.cargo/audit.toml`, else that of cargo's home folder.

    ``command`` says in which directory and environment cargo-audit runs. An unreadable file counts
    as empty: cargo-audit itself complains about it.
    """
    own = command.cwd / ".cargo" / "audit.toml"
    for file in (own, cargo_home(command) / "audit.toml"):
        if not is_gone(file):
            name = ".cargo/audit.toml" if file == own else str(file)
            return AuditConfiguration(file=file, name=name, document=read_tables(file))
    return AuditConfiguration()


def cargo_home(command: Command) -> Path:
    """Cargo's home folder."""
    home = command.environment.get("CARGO_HOME")
    if home:
        return command.cwd / home
    return home_folder(command.environment) / ".cargo"
