"""What trivy and grype print about an image, as typed findings and as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.reporter import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
    fixed: str
    """The version without it; "" if there is none yet."""
    page: str = ""

    def at_least(self, severity: str) -> bool:
        """Whether it is as bad as that or worse; one that nobody has judged is not."""
        return SEVERITIES.index(self.severity) >= SEVERITIES.index(severity)

    def as_data(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return {
            "image": self.image,
            "id": self.id,
            "package": self.package,
            "version": self.version,
            "severity": self.severity,
            "fixed": self.fixed,
            "page": self.page,
        }


@dataclass(frozen=True, kw_only=True)
class ScanReport:
    """One document of a scanner: an image and what is known about it."""

    image: str
    vulnerabilities: tuple[Vulnerability, ...]
    looked_at: bool
    """Whether the scanner found anything in the image that it knows how to look at."""


def read_scan(text: str, source: str) -> ScanReport:
    """Read a report of trivy or grype; ``source`` names it for people.

    One vulnerability of a package counts once, in however many places of an image it is. Raises
    `ReportError` if it is neither's.
    """
    try:
        document = json.loads(text)
        if document.get("SchemaVersion") == _TRIVY_SCHEMA:
            return _trivy(document)
        if "matches" in document and "descriptor" in document:
            return _grype(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"The report {source} cannot be read ({error!r})."
        raise ReportError(message, next_step="Scan the image again.") from error
    message = f"The report {source} is neither trivy's (schema {_TRIVY_SCHEMA}) nor grype's."
    raise ReportError(message, next_step="Let the scanner write JSON: trivy image --format json")


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


_TRIVY_SCHEMA = 2


def _trivy(document: Mapping[str, Any]) -> ScanReport:
    image = document["ArtifactName"]
    results = document.get("Results") or ()

    def rows() -> Iterator[Vulnerability]:
        for result in results:
            for row in result.get("Vulnerabilities") or ():
                yield Vulnerability(
                    image=image,
                    id=row["VulnerabilityID"],
                    package=row["PkgName"],
                    version=row["InstalledVersion"],
                    severity=_severity(row.get("Severity", "")),
                    fixed=row.get("FixedVersion", ""),
                    page=row.get("PrimaryURL", ""),
                )

    return ScanReport(image=image, vulnerabilities=_once(rows()), looked_at=bool(results))


def _grype(document: Mapping[str, Any]) -> ScanReport:
    target = document["source"]["target"]
    image = target if isinstance(target, str) else target["userInput"]

    def rows() -> Iterator[Vulnerability]:
        for match in document["matches"]:
            known, artifact = match["vulnerability"], match["artifact"]
            yield Vulnerability(
                image=image,
                id=known["id"],
                package=artifact["name"],
                version=artifact["version"],
                severity=_severity(known.get("severity", "")),
                fixed=", ".join((known.get("fix") or {}).get("versions") or ()),
                page=known.get("dataSource", ""),
            )

    looked_at = bool((document.get("distro") or {}).get("name") or document["matches"])
    return ScanReport(image=image, vulnerabilities=_once(rows()), looked_at=looked_at)


def _severity(text: str) -> str:
    word = text.lower()
    return word if word in SEVERITIES else SEVERITIES[0]


def _once(rows: Iterable[Vulnerability]) -> tuple[Vulnerability, ...]:
    return tuple(sorted(set(rows)))
