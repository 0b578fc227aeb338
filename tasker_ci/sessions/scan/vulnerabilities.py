"""Known vulnerabilities of images, as typed findings and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.screen.reporter import Table

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

SEVERITIES = ("unknown", "negligible", "low", "medium", "high", "critical")
"""From what nobody has judged to the worst."""


@dataclass(frozen=True, kw_only=True, order=True)
class Vulnerability:
    """One known vulnerability of one package in an image."""

    image: str
    id: str
    package: str
    version: str
    severity: str
    fixed: str | None
    """The version without it; None if there is none yet."""
    page: str = ""
    aliases: tuple[str, ...] = ()
    """What other databases call it: grype names an advisory of GitHub, whose CVE is here."""

    def at_least(self, severity: str) -> bool:
        """Whether it is as bad as that or worse; one that nobody has judged is not."""
        return SEVERITIES.index(self.severity) >= SEVERITIES.index(severity)

    def named_in(self, names: Container[str]) -> bool:
        """Whether ``names`` have its id, or every alias of it.

        An advisory of a distribution can be about several CVEs: one of them is not all of it.
        """
        return self.id in names or (
            bool(self.aliases) and all(one in names for one in self.aliases)
        )

    def called(self, name: str) -> bool:
        """Whether this is its id or one of its aliases."""
        return name == self.id or name in self.aliases

    def as_data(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return {
            "image": self.image,
            "id": self.id,
            "aliases": list(self.aliases),
            "package": self.package,
            "version": self.version,
            "severity": self.severity,
            "fixed": self.fixed or "",
            "page": self.page,
        }


@dataclass(frozen=True, kw_only=True)
class ScanReport:
    """One document of a scanner: an image and what is known about it."""

    image: str
    vulnerabilities: tuple[Vulnerability, ...]
    suppressed: tuple[Vulnerability, ...] = ()
    """What the scanner left out by its own configuration, as far as it says so."""
    doubt: str | None = None
    """Why few or no findings say little about this image; None if there is no such reason."""


def each_once(found: Iterable[Vulnerability]) -> tuple[Vulnerability, ...]:
    """One vulnerability of a package once, in however many places of an image and reports it is.

    Where they differ the worst judgement stands, and the one that knows what mends it.
    """
    kept: dict[tuple[str, ...], Vulnerability] = {}
    for each in sorted(found, key=lambda each: (-SEVERITIES.index(each.severity), not each.fixed)):
        kept.setdefault((each.image, each.id, each.package, each.version), each)
    return tuple(sorted(kept.values()))


def vulnerabilities_table(found: Iterable[Vulnerability], *, title: str) -> Table:
    """The findings for people, the worst first."""
    worst_first = sorted(found, key=lambda each: (-SEVERITIES.index(each.severity), each))
    return Table(
        title=title,
        columns=("image", "vulnerability", "package", "version", "severity", "fixed in"),
        rows=tuple(
            (each.image, each.id, each.package, each.version, each.severity, each.fixed or "-")
            for each in worst_first
        ),
    )
