"""What an audit leaves out by cargo-audit's own configuration, by name and reason."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Output
from tasker_ci.screen.reporter import Table
from tasker_ci.sessions.audit.advisories import INFORMATIONAL, read_report
from tasker_ci.sessions.audit.attempts import OFFLINE_ARGUMENTS
from tasker_ci.sessions.audit.settings import AuditSettings
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasker_ci.context import Context
    from tasker_ci.sessions.audit.advisories import AuditFinding, AuditReport
    from tasker_ci.sessions.audit.attempts import Audited
    from tasker_ci.sessions.audit.configuration import AuditConfiguration


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A finding that the configuration leaves out."""

    finding: AuditFinding
    reasons: tuple[str, ...]
    """The lines of the configuration that do."""

    def as_data(self) -> dict[str, Any]:
        """The finding for `--json`."""
        return {
            "kind": self.finding.kind,
            "crate": self.finding.crate,
            "version": self.finding.version,
            "advisory": self.finding.advisory or "",
            "title": self.finding.title,
            "page": self.finding.page,
            "severity": self.finding.severity.name,
            "score": self.finding.severity.score,
            "by": list(self.reasons),
        }


def leaves_out(context: Context, report: AuditReport, configuration: AuditConfiguration) -> bool:
    """Whether anything may be missing from a report: by settings or by the configuration."""
    filters = report.filters
    return bool(
        context.settings_of(AuditSettings).ignore
        or report.ignored
        or filters.severity
        or filters.arch
        or filters.os
        or filters.informational != INFORMATIONAL
        or not configuration.looks_for_yanked
    )


def audit_without_filters(
    context: Context, audited: Audited, configuration: AuditConfiguration
) -> AuditReport | None:
    """The same audit without any ignore or filter; None if cargo-audit does not answer.

    A report does not name the findings that it leaves out, so they are asked for apart: on the
    same database, without network, in a folder with a configuration of our own.
    """
    command = audited.command
    found = shutil.which("cargo-audit", path=command.environment.get("PATH", ""))
    # Without cargo in between: in a folder elsewhere rustup may choose another toolchain, or none.
    program = ("cargo-audit", "audit") if found else ("cargo", "audit")
    yanked = () if not configuration.looks_for_yanked else ("--no-yanked",)
    with TemporaryDirectory(prefix="tasker-ci-audit-") as folder:
        own = Path(folder) / ".cargo" / "audit.toml"
        write_file(own, "[advisories]\nignore = []\n")
        question = replace(
            command,
            argv=(
                *(*program, "--json", "--db", str(audited.database.path), *OFFLINE_ARGUMENTS),
                *(*yanked, "--file", str(command.cwd / "Cargo.lock")),
            ),
            cwd=Path(folder),
        )
        context.reporter.command(f"{question}   # without ignores and filters")
        try:
            answer = context.runner.run(question, output=Output.CAPTURE)
            return read_report(answer.stdout)
        except TaskerCIError:
            return None


def find_left_out(
    report: AuditReport,
    whole: AuditReport | None,
    ignored: Iterable[str],
    configuration: AuditConfiguration,
) -> tuple[LeftOut, ...] | None:
    """The findings that the configuration keeps out of ``report``, beside those ``ignored``.

    ``whole`` is the report without filters; None, here as there, if nobody knows.
    """
    if whole is None:
        return None
    if configuration.file is None:
        return ()
    reported = {_key(finding) for finding in report.findings}
    names = frozenset(ignored)
    return tuple(
        LeftOut(finding=finding, reasons=_reasons(report, finding))
        for finding in whole.findings
        if finding.advisory not in names and _key(finding) not in reported
    )


def left_out_table(left_out: Iterable[LeftOut], name: str) -> Table:
    """The findings for people; ``name`` is the configuration file."""
    return Table(
        title=f"Left out by {name}",
        columns=("crate", "version", "advisory", "severity", "left out by"),
        rows=tuple(
            (
                each.finding.crate,
                each.finding.version,
                each.finding.advisory or "-",
                each.finding.impact,
                ", ".join(each.reasons),
            )
            for each in left_out
        ),
    )


def _reasons(report: AuditReport, finding: AuditFinding) -> tuple[str, ...]:
    if finding.kind == "yanked":
        return ("yanked.enabled = false",)
    return report.filters.reasons(finding) or ("its configuration",)


def _key(finding: AuditFinding) -> tuple[str, ...]:
    return (finding.kind, finding.advisory or "", finding.crate, finding.version)
