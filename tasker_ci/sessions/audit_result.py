"""What an audit has to say at its end: tables, annotations, the outcome."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import AuditFindings
from tasker_ci.report.advisories import advisories_table, as_data, findings_table
from tasker_ci.report.lockfile import read_lock
from tasker_ci.reporter import to_markdown
from tasker_ci.sessions.advisory_database import denied_by_configuration
from tasker_ci.sessions.audit_attempts import LOCK_WAIT, plain
from tasker_ci.sessions.audit_ignores import ignored_table, tell_ignored

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tasker_ci.report.advisories import AuditReport, Finding
    from tasker_ci.report.lockfile import LockFile
    from tasker_ci.sessions.audit_attempts import Audited
    from tasker_ci.sessions.audit_ignores import Ignored

ANNOTATIONS = 10
"""How many findings become annotations: GitHub keeps ten errors per step."""

_YANKED_UNKNOWN = "couldn't check if the package is yanked"


def tell_result(
    context: Context,
    audited: Audited,
    report: AuditReport,
    ignored: tuple[Ignored, ...],
    *,
    today: date,
) -> Outcome:
    """Print the result and return it; raises `AuditFindings` if cargo-audit found it bad."""
    _tell_remarks(context, audited, report)
    tell_ignored(context, ignored)
    lock_path = audited.command.cwd / "Cargo.lock"
    lock = read_lock(lock_path.read_text(encoding="utf-8"))
    denied = frozenset(context.settings.audit.deny) | denied_by_configuration(audited.command)
    _tell_tables(context, report, lock, ignored, denied)
    data = {
        "crates": report.crates,
        "findings": [
            as_data(
                finding,
                pulled_in_by=lock.pulled_in_by(finding.crate, finding.version),
                denied=denied,
            )
            for finding in report.findings
        ],
        "ignored": [entry.as_data() for entry in ignored],
        "database": {**audited.database.as_data(), "advisories": report.advisories},
    }
    counted = f"{_counted(report.findings, denied)} in {report.crates} crates"
    if audited.completed.exit_code:
        failing = [
            found for found in report.findings if found.is_vulnerability or found.kind in denied
        ]
        _annotate(context, failing, lock, lock_path)
        raise AuditFindings(
            f"{counted}." if failing else f"cargo audit fails because of itself:\n{report.remark}",
            next_step=_advice(context, failing),
            exit_code=audited.completed.exit_code,
            data=data,
        )
    left_out = f", {len(ignored)} ignored" if ignored else ""
    which = "local database" if audited.database.stale else "database"
    return Outcome(
        summary=f"{counted}{left_out}; {report.advisories} advisories, "
        f"{which} {audited.database.described(today)}",
        data=data,
    )


def _tell_remarks(context: Context, audited: Audited, report: AuditReport) -> None:
    """What cargo-audit said beside its document; hundreds of like lines become one."""
    lines = plain(audited.completed.stderr).splitlines()
    unknown = [line for line in lines if _YANKED_UNKNOWN in line]
    others = [line for line in lines if line and line not in unknown and LOCK_WAIT not in line]
    others += report.remark.splitlines()
    if others:
        with context.reporter.foreign_output():
            for line in others:
                context.reporter.line(line)
    if unknown:
        reason = unknown[0].partition(_YANKED_UNKNOWN + ": ")[2]
        context.reporter.warning(
            f"It is not known whether {len(unknown)} of {_many(report.crates, 'crate')} have been "
            f"yanked (the first: {reason})."
        )
    if report.advisories == 0:
        context.reporter.warning(
            f"The database {audited.database.path} holds no advisory: nothing can be found."
        )


def _tell_tables(
    context: Context,
    report: AuditReport,
    lock: LockFile,
    ignored: tuple[Ignored, ...],
    denied: frozenset[str],
) -> None:
    tables = []
    if report.findings:
        findings = findings_table(
            report.findings,
            pulled_in_by=lambda finding: lock.pulled_in_by(finding.crate, finding.version),
            denied=denied,
            title="Advisories against Cargo.lock",
        )
        pages = advisories_table(report.findings)
        context.reporter.table(findings)
        for row in pages.rows:  # as lines, because a table would break the links
            context.reporter.line("  ".join(row))
        context.reporter.line()
        tables += [findings, pages]
    if ignored:
        context.reporter.table(ignored_table(ignored))
        tables.append(ignored_table(ignored))
    for table in tables:
        context.reporter.summary(to_markdown(table))


def _annotate(context: Context, failing: Sequence[Finding], lock: LockFile, path: Path) -> None:
    root = Path(context.environment.get("GITHUB_WORKSPACE") or context.project_root)
    file = os.path.relpath(path, root)
    for finding in failing[:ANNOTATIONS]:
        pulled_in_by = ", ".join(lock.pulled_in_by(finding.crate, finding.version)) or "nothing"
        context.reporter.annotation(
            "error",
            f"{finding.crate} {finding.version}: {finding.advisory} {finding.title} "
            f"({finding.impact}; patched: {finding.remedy}; pulled in by {pulled_in_by}) "
            f"{finding.page}",
            file=file,
            line=lock.line_of(finding.crate, finding.version),
        )


def _counted(findings: Sequence[Finding], denied: frozenset[str]) -> str:
    vulnerabilities = sum(finding.is_vulnerability for finding in findings)
    failing = sum(finding.kind in denied for finding in findings)
    warnings = len(findings) - vulnerabilities - failing
    parts = ["no known vulnerability"] if not vulnerabilities else []
    parts += [_many(vulnerabilities, "vulnerability", "vulnerabilities")] if vulnerabilities else []
    parts += [_many(failing, "denied warning")] if failing else []
    parts += [_many(warnings, "warning")] if warnings else []
    return ", ".join(parts)


def _advice(context: Context, failing: Sequence[Finding]) -> str:
    if not failing:
        return f"Install a newer cargo-audit: {context.face.command_line('tools')}"
    mended = sorted({_package(found) for found in failing if found.remedied})
    hopeless = sorted({_package(found) for found in failing if not found.remedied})
    first = (mended or hopeless)[0]
    parts = [f"`cargo update {' '.join(mended)}`, if the requirements allow it"] if mended else []
    parts += [f"no version mends {', '.join(hopeless)}: replace it"] if hopeless else []
    parts += [f"`cargo tree --invert {first}` shows what needs it"]
    named = next((found.advisory for found in failing if found.advisory), "")
    if named:
        entry = f'{{ id = "{named}", reason = "…", review = YYYY-MM-DD }}'
        parts += [f"what does not matter here goes into `audit.ignore`: {entry}"]
    return "; ".join(parts)


def _package(finding: Finding) -> str:
    return f"{finding.crate}@{finding.version}"


def _many(count: int, word: str, plural: str = "") -> str:
    return f"{count} {word if count == 1 else plural or word + 's'}"
