"""What `cargo audit --json` prints, as typed findings and as tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.screen.reporter import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

VULNERABILITY = "vulnerability"
"""The kind of finding that fails an audit; the others are warnings unless they are denied."""

INFORMATIONAL = frozenset({"notice", "unmaintained", "unsound"})
"""The kinds of advisories that are no vulnerabilities; cargo-audit reports all by default."""

SEVERITIES = ("none", "low", "medium", "high", "critical")
"""From the least to the worst."""

PulledInBy = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AdvisorySeverity:
    """How bad a vulnerability is; ``score`` runs from 0 to 10 and is None where it is unknown."""

    name: str = "unknown"
    score: float | None = None

    def __str__(self) -> str:
        return self.name if self.score is None else f"{self.name} ({self.score:.1f})"


@dataclass(frozen=True, kw_only=True)
class AuditFinding:
    """One advisory against one locked package, or a yanked package (which has no advisory)."""

    kind: str
    """``vulnerability``, ``unmaintained``, ``unsound``, ``notice`` or ``yanked``."""
    crate: str
    version: str
    advisory: str | None = None
    title: str = ""
    severity: AdvisorySeverity = AdvisorySeverity()
    vector: str | None = None
    patched: tuple[str, ...] = ()
    arch: tuple[str, ...] = ()
    """The architectures that it concerns; () for all."""
    os: tuple[str, ...] = ()
    """The operating systems that it concerns; () for all."""

    @property
    def page(self) -> str | None:
        """Where the advisory can be read; None for a yanked package."""
        return f"https://rustsec.org/advisories/{self.advisory}" if self.advisory else None

    @property
    def impact(self) -> str:
        """The severity of a vulnerability, the kind of a warning."""
        return str(self.severity) if self.is_vulnerability else self.kind

    @property
    def remedied(self) -> bool:
        """Whether there is a version without the fault."""
        return bool(self.patched) or self.kind == "yanked"

    @property
    def remedy(self) -> str:
        """The versions without the fault, in words."""
        if self.kind == "yanked":
            return "any that is not yanked"
        return " or ".join(self.patched) or "none"

    @property
    def is_vulnerability(self) -> bool:
        """Whether it fails the audit without being denied."""
        return self.kind == VULNERABILITY


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What cargo-audit's configuration leaves out of a report, as the report itself says."""

    severity: str | None = None
    """Vulnerabilities with a lower severity are left out; None: none are."""
    arch: tuple[str, ...] = ()
    """Only advisories for these architectures are reported; () for all."""
    os: tuple[str, ...] = ()
    informational: frozenset[str] = INFORMATIONAL
    """Only these kinds of informational advisories are reported."""

    def reasons(self, finding: AuditFinding) -> tuple[str, ...]:
        """Every filter that leaves ``finding`` out, as the configuration file spells it."""
        found = []
        if finding.kind in INFORMATIONAL - self.informational:
            found.append(f"informational_warnings = {json.dumps(sorted(self.informational))}")
        if self.severity and finding.severity.name in SEVERITIES[: self._threshold]:
            found.append(f'severity_threshold = "{self.severity}"')
        for key, wanted, concerned in (
            ("arch", self.arch, finding.arch),
            ("os", self.os, finding.os),
        ):
            if wanted and concerned and not set(wanted) & set(concerned):
                found.append(
                    f"target.{key} = {json.dumps(wanted[0] if len(wanted) == 1 else wanted)}"
                )
        return tuple(found)

    @property
    def _threshold(self) -> int:
        return SEVERITIES.index(self.severity) if self.severity in SEVERITIES else 0


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """One document of `cargo audit --json`."""

    findings: tuple[AuditFinding, ...]
    ignored: tuple[str, ...]
    """Advisories that were left out, by command line or by cargo-audit's own configuration."""
    filters: Filters
    crates: int
    """How many packages the lock file has."""
    advisories: int
    """How many advisories the database has."""
    commit: str | None
    """The database's last commit; None if the database was not fetched in this run."""
    updated: datetime | None
    """The time of that commit."""
    remark: str
    """What cargo-audit printed after the document: advisories about cargo-audit itself."""


def read_report(output: str) -> AuditReport | None:
    """Read cargo-audit's standard output; None if there is no document in it.

    Raises `ReportError` for a document of another form.
    """
    start = output.find("{")
    if start < 0:
        return None
    try:
        document, end = json.JSONDecoder().raw_decode(output, start)
        database = document["database"]
        return AuditReport(
            findings=_sorted(_findings(document)),
            ignored=tuple(document["settings"]["ignore"]),
            filters=_filters(document["settings"]),
            crates=int(document["lockfile"]["dependency-count"]),
            advisories=int(database["advisory-count"]),
            commit=database.get("last-commit") or None,
            updated=_time(database.get("last-updated")),
            remark=output[end:].strip(),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"`cargo audit --json` printed something that cannot be read ({error!r})."
        step = "`tasker-ci tools` installs the cargo-audit that this version of tasker-ci knows."
        raise ReportError(message, next_step=step) from error


def severity_of(vector: str) -> AdvisorySeverity:
    """The severity of a CVSS vector, version 3 or 4; unknown without one or for another version.

    https://www.first.org/cvss/v4.0/specification-document#Qualitative-AdvisorySeverity-Rating-Scale
    """
    from cvss import CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    try:
        if vector.startswith("CVSS:4"):
            four = CVSS4(vector)
            return AdvisorySeverity(name=four.severity.lower(), score=float(four.base_score))
        if vector.startswith("CVSS:3"):
            three = CVSS3(vector)
            return AdvisorySeverity(
                name=three.severities()[0].lower(), score=float(three.base_score)
            )
    except CVSSError:
        return AdvisorySeverity()
    return AdvisorySeverity()


def findings_table(
    findings: Iterable[AuditFinding],
    *,
    pulled_in_by: Callable[[AuditFinding], PulledInBy],
    denied: frozenset[str] = frozenset(),
    title: str | None = None,
) -> Table:
    """The findings for people; kinds of warning in ``denied`` are marked as such."""
    return Table(
        title=title,
        columns=("crate", "version", "advisory", "severity", "patched version", "pulled in by"),
        rows=tuple(
            (
                finding.crate,
                finding.version,
                finding.advisory or "-",
                f"{finding.impact} (denied)" if finding.kind in denied else finding.impact,
                finding.remedy,
                ", ".join(pulled_in_by(finding)) or "-",
            )
            for finding in findings
        ),
    )


def advisories_table(findings: Iterable[AuditFinding]) -> Table:
    """What each advisory is about and where to read it, once each."""
    pages = {finding.advisory: finding for finding in findings if finding.advisory}
    return Table(
        columns=("advisory", "title", "page"),
        rows=tuple((name, finding.title, finding.page or "") for name, finding in pages.items()),
    )


def as_data(
    finding: AuditFinding, *, pulled_in_by: PulledInBy = (), denied: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The finding for `--json`."""
    return {
        "kind": finding.kind,
        "crate": finding.crate,
        "version": finding.version,
        "advisory": finding.advisory or "",
        "title": finding.title,
        "page": finding.page or "",
        "severity": finding.severity.name,
        "score": finding.severity.score,
        "cvss": finding.vector or "",
        "patched": list(finding.patched),
        "pulled_in_by": list(pulled_in_by),
        "fails": finding.is_vulnerability or finding.kind in denied,
    }


def _filters(settings: Mapping[str, Any]) -> Filters:
    kinds = settings.get("informational_warnings")
    return Filters(
        severity=settings.get("severity") or None,
        arch=_names(settings.get("target_arch")),
        os=_names(settings.get("target_os")),
        informational=INFORMATIONAL if kinds is None else INFORMATIONAL & frozenset(kinds),
    )


def _names(value: str | list[str] | None) -> tuple[str, ...]:
    """One name or a list of them: older releases of cargo-audit know one alone."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def _findings(document: Mapping[str, Any]) -> Iterator[AuditFinding]:
    for entry in document["vulnerabilities"]["list"]:
        yield _finding(VULNERABILITY, entry)
    for kind, entries in document["warnings"].items():
        for entry in entries:
            yield _finding(kind, entry)


def _finding(kind: str, entry: Mapping[str, Any]) -> AuditFinding:
    advisory = entry.get("advisory") or {}
    vector = advisory.get("cvss") or None
    affected = entry.get("affected") or {}
    return AuditFinding(
        kind=kind,
        crate=entry["package"]["name"],
        version=entry["package"]["version"],
        advisory=advisory.get("id") or None,
        title=advisory.get("title", ""),
        severity=severity_of(vector) if vector else AdvisorySeverity(),
        vector=vector,
        patched=tuple((entry.get("versions") or {}).get("patched", ())),
        arch=_names(affected.get("arch")),
        os=_names(affected.get("os")),
    )


def _sorted(findings: Iterable[AuditFinding]) -> tuple[AuditFinding, ...]:
    """Vulnerabilities first, the worst on top."""
    return tuple(
        sorted(
            findings,
            key=lambda finding: (
                not finding.is_vulnerability,
                -(finding.severity.score or 0.0),
                finding.kind,
                finding.crate,
                finding.advisory or "",
            ),
        )
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
