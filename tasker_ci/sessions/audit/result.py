"""What an audit has to say at its end: tables, annotations, the outcome."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Outcome
from tasker_ci.rust.lockfile import read_lock
from tasker_ci.screen.reporter import to_markdown
from tasker_ci.sessions.audit.advisories import advisories_table, as_data, findings_table
from tasker_ci.sessions.audit.attempts import LOCK_WAIT, plain
from tasker_ci.sessions.audit.errors import AuditFindings
from tasker_ci.sessions.audit.ignores import ignored_table, tell_ignored
from tasker_ci.sessions.audit.left_out import left_out_table
from tasker_ci.sessions.audit.settings import AuditSettings
from tasker_ci.text.file_reading import RECORD_BYTES, read_text
from tasker_ci.text.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tasker_ci.rust.lockfile import LockFile
    from tasker_ci.sessions.audit.advisories import AuditFinding, AuditReport
    from tasker_ci.sessions.audit.attempts import Audited
    from tasker_ci.sessions.audit.configuration import AuditConfiguration
    from tasker_ci.sessions.audit.ignores import Ignored
    from tasker_ci.sessions.audit.left_out import LeftOut

ANNOTATIONS = 10
"""How many findings become annotations: GitHub keeps ten errors per step."""

_YANKED_UNKNOWN = "couldn't check if the package is yanked"


@dataclass(frozen=True, kw_only=True)
class Filtered:
    """What may be missing from a report, and why."""

    configuration: AuditConfiguration
    effects: tuple[tuple[str, str], ...] = ()
    """What the configuration changes: a line of it, and what that does."""
    ignored: tuple[Ignored, ...] = ()
    left_out: tuple[LeftOut, ...] | None = ()
    """What the configuration leaves out beside those; None where that is not known."""

    @property
    def hides_a_vulnerability(self) -> bool:
        """Whether an ignore or a filter keeps a known vulnerability out of the report."""
        hidden = [found for entry in self.ignored for found in entry.hides or ()]
        hidden += [each.finding for each in self.left_out or ()]
        return any(found.is_vulnerability for found in hidden)

    @property
    def words(self) -> str:
        """Both, for the end of a sentence."""
        name = self.configuration.name
        text = f", {len(self.ignored)} ignored" if self.ignored else ""
        if self.left_out is None and self.configuration.file is not None:
            return f"{text}; it is not known what {name} leaves out"
        if self.left_out:
            names = dict.fromkeys(
                each.finding.advisory or f"{each.finding.crate} (yanked)" for each in self.left_out
            )
            text += f", {len(self.left_out)} left out by {name} ({', '.join(names)})"
        return text


def tell_result(
    context: Context,
    audited: Audited,
    report: AuditReport,
    filtered: Filtered,
    *,
    today: date,
) -> Outcome:
    """Print the result and return it; raises `AuditFindings` if cargo-audit found it bad."""
    _tell_remarks(context, audited, report)
    _tell_configuration(context, filtered)
    tell_ignored(context, filtered.ignored)
    lock_path = audited.command.cwd / "Cargo.lock"
    lock = read_lock(read_text(lock_path, most=RECORD_BYTES))
    denied = frozenset(context.settings_of(AuditSettings).deny) | filtered.configuration.denied
    _tell_tables(context, report, lock, filtered, denied)
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
        "ignored": [entry.as_data() for entry in filtered.ignored],
        "left_out": None
        if filtered.left_out is None
        else [each.as_data() for each in filtered.left_out],
        "configuration": None
        if filtered.configuration.file is None
        else {
            "file": str(filtered.configuration.file),
            "effects": [
                {"setting": setting, "effect": effect} for setting, effect in filtered.effects
            ],
        },
        "database": {**audited.database.as_data(), "advisories": report.advisories},
    }
    told = f"{_counted(report.findings, denied, filtered)} in {counted(report.crates, 'crate')}"
    if audited.completed.exit_code:
        failing = [
            found for found in report.findings if found.is_vulnerability or found.kind in denied
        ]
        _annotate(context, failing, lock, lock_path)
        raise AuditFindings(
            f"{told}{filtered.words if filtered.left_out != () else ''}."
            if failing
            else f"cargo audit fails because of itself:\n{report.remark}",
            next_step=_advice(context, failing),
            exit_code=audited.completed.exit_code,
            data=data,
        )
    which = "local database" if audited.database.stale else "database"
    return Outcome(
        summary=f"{told}{filtered.words}; {counted(report.advisories, 'advisory', 'advisories')}, "
        f"{which} {audited.database.described(today)}",
        data=data,
    )


def _tell_configuration(context: Context, filtered: Filtered) -> None:
    """Say what cargo-audit's own configuration changes, and warn of vulnerabilities left out."""
    name = filtered.configuration.name
    for setting, effect in filtered.effects:
        context.reporter.line(f"note: {name}: {setting}: {effect}.")
    hidden = [each for each in filtered.left_out or () if each.finding.is_vulnerability]
    if hidden:
        named = "; ".join(
            f"{each.finding.advisory} ({each.finding.crate} {each.finding.version}, "
            f"{each.finding.impact}) by {', '.join(each.reasons)}"
            for each in hidden
        )
        count = counted(len(hidden), "known vulnerability", "known vulnerabilities")
        context.reporter.warning(f"{name} leaves out {count}: {named}.")


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
            f"It is not known whether {len(unknown)} of {counted(report.crates, 'crate')} have "
            f"been yanked (the first: {reason})."
        )
    if report.advisories == 0:
        context.reporter.warning(
            f"The database {audited.database.path} holds no advisory: nothing can be found."
        )


def _tell_tables(
    context: Context,
    report: AuditReport,
    lock: LockFile,
    filtered: Filtered,
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
    hidden = []
    if filtered.ignored:
        hidden.append(ignored_table(filtered.ignored))
    if filtered.left_out:
        hidden.append(left_out_table(filtered.left_out, filtered.configuration.name))
    for table in hidden:
        context.reporter.table(table)
    tables += hidden
    for table in tables:
        context.reporter.summary(to_markdown(table))


def _annotate(
    context: Context, failing: Sequence[AuditFinding], lock: LockFile, path: Path
) -> None:
    root = Path(context.environment.get("GITHUB_WORKSPACE") or context.project_root)
    file = os.path.relpath(path, root)
    for finding in failing[:ANNOTATIONS]:
        pulled_in_by = ", ".join(lock.pulled_in_by(finding.crate, finding.version)) or "nothing"
        context.reporter.annotation(
            "error",
            f"{finding.crate} {finding.version}: {finding.advisory or ''} {finding.title} "
            f"({finding.impact}; patched: {finding.remedy}; pulled in by {pulled_in_by}) "
            f"{finding.page or ''}",
            file=file,
            line=lock.line_of(finding.crate, finding.version),
        )


def _counted(findings: Sequence[AuditFinding], denied: frozenset[str], filtered: Filtered) -> str:
    vulnerabilities = sum(finding.is_vulnerability for finding in findings)
    failing = sum(finding.kind in denied for finding in findings)
    warnings = len(findings) - vulnerabilities - failing
    none = "no known vulnerability"
    if filtered.hides_a_vulnerability:
        none = "no other known vulnerability"
    elif filtered.left_out is None:
        none = "no vulnerability reported"
    parts = [] if vulnerabilities else [none]
    if vulnerabilities:
        parts.append(counted(vulnerabilities, "vulnerability", "vulnerabilities"))
    if failing:
        parts.append(counted(failing, "denied warning"))
    if warnings:
        parts.append(counted(warnings, "warning"))
    return ", ".join(parts)


def _advice(context: Context, failing: Sequence[AuditFinding]) -> str:
    if not failing:
        return f"Install a newer cargo-audit: {context.face.command_line('tools')}"
    fixed = sorted({_package(found) for found in failing if found.remedied})
    hopeless = sorted({_package(found) for found in failing if not found.remedied})
    first = (fixed or hopeless)[0]
    parts = [f"`cargo update {' '.join(fixed)}`, if the requirements allow it"] if fixed else []
    parts += [f"no version fixes {', '.join(hopeless)}: replace it"] if hopeless else []
    parts += [f"`cargo tree --invert {first}` shows what needs it"]
    named = next((found.advisory for found in failing if found.advisory), "")
    if named:
        entry = f'{{ id = "{named}", reason = "…", review = YYYY-MM-DD }}'
        parts += [f"what does not matter here goes into `audit.ignore`: {entry}"]
    return "; ".join(parts)


def _package(finding: AuditFinding) -> str:
    return f"{finding.crate}@{finding.version}"
