"""What trivy and grype print about an image as JSON, read as typed findings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import ReportError
from tasker_ci.sessions.scan.vulnerabilities import SEVERITIES, ScanReport, Vulnerability, each_once
from tasker_ci.text.foreign import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TRIVY_SCHEMA = 2

_FOREIGN = {"runs": "SARIF", "bomFormat": "CycloneDX", "spdxVersion": "SPDX"}
"""Formats that both scanners write as well, by a key that only they have."""

_UNKNOWN_FAMILY = "none"
"""What trivy calls the system of packages if it does not know it.

An image without a system, of one program for example, is no reason to doubt.
"""


def read_scan(text: str, source: str) -> ScanReport:
    """Read a report of trivy or grype; ``source`` names it for people.

    One vulnerability of a package counts once, in however many places of an image it is. Raises
    `ReportError` if it is neither's.
    """
    try:
        document = json.loads(text)
        if not isinstance(document, dict):
            raise _neither(source)
        if document.get("SchemaVersion") == _TRIVY_SCHEMA:
            return _trivy(document)
        if "matches" in document and "descriptor" in document:
            return _grype(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        lacks = isinstance(error, KeyError)
        reason = f"it lacks {error}" if lacks else str(error)
        message = f"The report {source} cannot be read: {reason}."
        raise ReportError(message, next_step="Scan the image again.") from error
    raise _neither(source, next((_FOREIGN[key] for key in _FOREIGN if key in document), None))


def _neither(source: str, format_name: str | None = None) -> ReportError:
    what = f"is {format_name}, not the" if format_name else "is no"
    return ReportError(
        f"The report {source} {what} JSON of trivy (schema {_TRIVY_SCHEMA}) or grype.",
        next_step="Let the scanner write its own JSON: `trivy image --format json`, or "
        "`grype --output json`.",
    )


def _trivy(document: Mapping[str, Any]) -> ScanReport:
    image = _text(document["ArtifactName"])
    results = document.get("Results") or ()

    def found(row: Mapping[str, Any]) -> Vulnerability:
        return Vulnerability(
            image=image,
            id=_text(row["VulnerabilityID"]),
            package=_text(row["PkgName"]),
            version=_text(row.get("InstalledVersion")),
            severity=_severity(row.get("Severity")),
            fixed=_text(row.get("FixedVersion")) or None,
            page=_text(row.get("PrimaryURL")),
            aliases=_names(row.get("VendorIDs") or ()),
        )

    def suppressed() -> Iterator[Vulnerability]:
        for result in results:
            for row in result.get("ExperimentalModifiedFindings") or ():
                if row.get("Type") == "vulnerability":
                    yield found(row["Finding"])

    rows = (row for result in results for row in result.get("Vulnerabilities") or ())
    return ScanReport(
        image=image,
        vulnerabilities=each_once(map(found, rows)),
        suppressed=each_once(suppressed()),
        doubt=_trivy_doubt(document),
    )


def _trivy_doubt(document: Mapping[str, Any]) -> str | None:
    system = (document.get("Metadata") or {}).get("OS") or {}
    name = _text(f"{system.get('Family') or ''} {system.get('Name') or ''}").strip()
    if system.get("EOSL"):
        return f"{name} is past its end of life: nobody looks for vulnerabilities in it any more"
    if system.get("Family") == _UNKNOWN_FAMILY:
        return "the scanner does not know its system, so it looked at no package of that"
    if not document.get("Results"):
        return "the scanner found nothing in it that it knows how to look at"
    return None


def _grype(document: Mapping[str, Any]) -> ScanReport:
    target = document["source"]["target"]
    image = _text(target if isinstance(target, str) else target["userInput"])

    def found(match: Mapping[str, Any]) -> Vulnerability:
        known, artifact = match["vulnerability"], match["artifact"]
        related = match.get("relatedVulnerabilities") or ()
        return Vulnerability(
            image=image,
            id=_text(known["id"]),
            package=_text(artifact["name"]),
            version=_text(artifact.get("version")),
            severity=_severity(known.get("severity")),
            fixed=_text(", ".join((known.get("fix") or {}).get("versions") or ())) or None,
            page=_text(known.get("dataSource")),
            aliases=_names([each["id"] for each in related if each["id"] != known["id"]]),
        )

    return ScanReport(
        image=image,
        vulnerabilities=each_once(map(found, document["matches"])),
        suppressed=each_once(map(found, document.get("ignoredMatches") or ())),
        doubt=_grype_doubt(document),
    )


def _grype_doubt(document: Mapping[str, Any]) -> str | None:
    distribution = document.get("distro") or {}
    name = _text(f"{distribution.get('name') or ''} {distribution.get('version') or ''}").strip()
    alerts = [
        alert
        for package in document.get("alertsByPackage") or ()
        for alert in package.get("alerts") or ()
    ]
    if any(alert.get("type") == "distro-eol" for alert in alerts):
        return f"{name} is past its end of life: nobody looks for vulnerabilities in it any more"
    if not name and not document["matches"]:
        return "the scanner knows no distribution in it, and does not say what it looked at"
    return None


def _names(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_text, values)))


def _severity(value: object) -> str:
    word = _text(value).lower()
    return word if word in SEVERITIES else SEVERITIES[0]


def _text(value: object) -> str:
    """A text of the report; what could do something to a screen or a log is spelled out.

    An image holds what its maker likes, names of packages too. Raises `TypeError` for a number.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        message = f"a text is expected in place of {value!r}"
        raise TypeError(message)
    return one_line(value)
