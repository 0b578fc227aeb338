"""Container images held against databases of known vulnerabilities, by trivy or grype."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import (
    CommandFailed,
    MissingToolError,
    ReportError,
    UsageError,
    VulnerableImage,
)
from tasker_ci.process import Command, Output
from tasker_ci.report.vulnerabilities import ScanReport, read_scan, vulnerabilities_table
from tasker_ci.reporter import Table, to_markdown
from tasker_ci.sessions.cargo import child_environment
from tasker_ci.settings.load import SETTINGS_FILE
from tasker_ci.stack.images import ImageSource, database_image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tasker_ci.report.vulnerabilities import Vulnerability

SCANNERS = {
    "trivy": ("image", "--quiet", "--scanners", "vuln", "--format", "json", "--exit-code", "0"),
    "grype": ("--quiet", "--output", "json"),
}
"""The scanners in the order in which they are looked for, with the words before an image's name.

Both are asked for all that they find: what fails is decided here, by one rule for both.
"""

_SCAN_SECONDS = 900.0
_ANNOTATIONS = 10
_DATABASE = "(the image of the database)"


def scan(
    context: Context,
    *,
    image: Annotated[tuple[str, ...], "Scan this image in place of those of the settings."] = (),
    report: Annotated[
        tuple[str, ...], "Read this JSON of trivy or grype in place of scanning."
    ] = (),
) -> Outcome:
    """Look up what container images hold in a database of known vulnerabilities (trivy, grype).

    What settings ignore is left out like in `audit`: with a reason, and until a review date.
    """
    return scan_images(context, images=image, reports=report)


def _today() -> date:
    return datetime.now(UTC).date()


def scan_images(
    context: Context,
    *,
    images: tuple[str, ...] = (),
    reports: tuple[str, ...] = (),
    today: Callable[[], date] = _today,
) -> Outcome:
    """Scan by this clock; raises `VulnerableImage`, and `MissingToolError` without a scanner."""
    if images and reports:
        message = "--image scans, --report reads what somebody has scanned; together they clash."
        raise UsageError(message, next_step="Leave one of them out.")
    if reports:
        if context.dry_run:
            return Outcome(summary="nothing would be started", status=Status.SKIPPED)
        found = [_read(context, name) for name in reports]
    else:
        scanner, environment = _scanner(context)
        if context.dry_run:
            names = images or _named(context)
            return context.preview(
                *(_command(context, scanner, name, environment) for name in names)
            )
        names = images or _images(context, environment)
        if not names:
            summary = "the settings name no image (scan.images), and there is none of a database"
            return Outcome(summary=summary, status=Status.SKIPPED)
        found = [_scan(context, _command(context, scanner, name, environment)) for name in names]
    return _tell(context, found, today())


def _scanner(context: Context) -> tuple[str, Mapping[str, str]]:
    environment = child_environment(context)
    setting = context.settings.scan.scanner
    wanted = tuple(SCANNERS) if setting == "auto" else (setting,)
    for name in wanted:
        if shutil.which(name, path=environment.get("PATH", "")):
            return name, environment
    if context.dry_run:
        return wanted[0], environment
    raise MissingToolError(
        f"No image was scanned: {' and '.join(wanted)} {'is' if len(wanted) == 1 else 'are'} not "
        "on PATH.",
        next_step="Install one: https://trivy.dev or https://github.com/anchore/grype; or hand "
        f"over its report: {context.face.command_line('scan', '--report', 'FILE')}",
    )


def _named(context: Context) -> tuple[str, ...]:
    given = context.environment.get("POSTGRES_IMAGE", "")
    service = context.settings.integration.database.service
    own = (given or _DATABASE,) if service or given else ()
    return (*own, *context.settings.scan.images)


def _images(context: Context, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The image of the database, built if it is not there, and those of the settings."""
    source = ImageSource(
        workspace=context.workspace,
        settings=context.settings.integration.database,
        environment=environment,
        build_seconds=context.settings.integration.build_seconds,
    )
    own = database_image(source, context.runner, context.reporter)
    return tuple(dict.fromkeys([*((own.name,) if own else ()), *context.settings.scan.images]))


def _command(context: Context, scanner: str, image: str, environment: Mapping[str, str]) -> Command:
    # A name of an image is never taken for a flag.
    if image.startswith("-"):
        message = f"{image!r} is no name of an image."
        raise UsageError(message, next_step=f"Look at `scan.images` in {SETTINGS_FILE}.")
    return Command(
        argv=(scanner, *SCANNERS[scanner], image), cwd=context.workspace, environment=environment
    )


def _scan(context: Context, command: Command) -> ScanReport:
    with context.reporter.running(str(command)):
        answer = context.runner.run(command, output=Output.CAPTURE, timeout=_SCAN_SECONDS)
    if answer.exit_code:
        raise CommandFailed(
            f"{command.argv[0]} could not scan {command.argv[-1]}:\n{answer.stderr.strip()}",
            exit_code=answer.exit_code,
            next_step="It needs its database, from the network, and the image, here or from its "
            "registry.",
        )
    return read_scan(answer.stdout, f"of {command.argv[0]}")


def _read(context: Context, name: str) -> ScanReport:
    path = context.directory / name
    try:
        return read_scan(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        message = f"The report {name} cannot be read: {error}. So its image was not scanned."
        raise ReportError(
            message, next_step="Look at the step that should have made it."
        ) from error


@dataclass(frozen=True, kw_only=True)
class _Verdict:
    failing: tuple[Vulnerability, ...]
    """As bad as settings do not want it, and not ignored."""
    tolerated: tuple[Vulnerability, ...]
    """Less bad, or without a remedy where settings let that pass."""
    ignored: tuple[Vulnerability, ...]


def _judge(context: Context, found: Sequence[ScanReport]) -> _Verdict:
    settings = context.settings.scan
    left_out = {ignore.id for ignore in settings.ignore}
    every = [each for report in found for each in report.vulnerabilities]
    judged = [each for each in every if each.id not in left_out]
    failing = tuple(
        each
        for each in judged
        if each.at_least(settings.severity) and (each.fixed or settings.unfixed == "fail")
    )
    return _Verdict(
        failing=failing,
        tolerated=tuple(each for each in judged if each not in failing),
        ignored=tuple(each for each in every if each.id in left_out),
    )


def _tell(context: Context, found: Sequence[ScanReport], today: date) -> Outcome:
    verdict = _judge(context, found)
    for report in found:
        if not report.looked_at:
            context.reporter.warning(
                f"The scanner knows nothing that {report.image} is made of, so it found nothing."
            )
    _tell_ignored(context, verdict.ignored, today)
    if verdict.failing:
        table = vulnerabilities_table(verdict.failing, title="Vulnerabilities")
        context.reporter.table(table)
        context.reporter.summary(to_markdown(table))
    counted = _counted(verdict.tolerated)
    data = {
        "images": [report.image for report in found],
        "failing": [each.as_data() for each in verdict.failing],
        "tolerated": [each.as_data() for each in verdict.tolerated],
        "ignored": [each.as_data() for each in verdict.ignored],
    }
    if verdict.failing:
        for each in verdict.failing[:_ANNOTATIONS]:
            text = f"{each.image}: {each.id} in {each.package} {each.version} ({each.severity}"
            context.reporter.annotation("error", f"{text}; fixed in {each.fixed or 'none'})")
        mended = sum(bool(each.fixed) for each in verdict.failing)
        raise VulnerableImage(
            f"{len(verdict.failing)} of severity {context.settings.scan.severity} or worse in "
            f"{len(found)} image{'' if len(found) == 1 else 's'}.",
            next_step=f"{mended} have a version that mends them: build on a newer base image. What "
            "does not matter here goes into `scan.ignore`: "
            f'{{ id = "{verdict.failing[0].id}", reason = "…", review = YYYY-MM-DD }}',
            data=data,
        )
    left = f", {len(verdict.ignored)} ignored" if verdict.ignored else ""
    names = ", ".join(report.image for report in found)
    return Outcome(summary=f"{names}: {counted or 'nothing known'}{left}", data=data)


def _tell_ignored(context: Context, hidden: Sequence[Vulnerability], today: date) -> None:
    ignores = context.settings.scan.ignore
    for ignore in ignores:
        if today >= ignore.review:
            context.reporter.warning(
                f"The ignore of {ignore.id} was to be reviewed by {ignore.review} (its reason: "
                f"{ignore.reason}). Look at it again: drop it, or give it a new date."
            )
        if not any(each.id == ignore.id for each in hidden):
            context.reporter.line(
                f"note: `scan.ignore` names {ignore.id}, which no image has any more; the entry "
                "can go.",
                "yellow",
            )
    if not ignores:
        return
    table = Table(
        title="Ignored vulnerabilities",
        columns=("vulnerability", "package", "severity", "reason", "review"),
        rows=tuple(
            (
                ignore.id,
                ", ".join(sorted({each.package for each in hidden if each.id == ignore.id})) or "-",
                ", ".join(sorted({each.severity for each in hidden if each.id == ignore.id}))
                or "-",
                ignore.reason,
                f"{ignore.review}{' (past)' if today >= ignore.review else ''}",
            )
            for ignore in ignores
        ),
    )
    context.reporter.table(table)
    context.reporter.summary(to_markdown(table))


def _counted(found: Sequence[Vulnerability]) -> str:
    counts: dict[str, int] = {}
    for each in found:
        counts[each.severity] = counts.get(each.severity, 0) + 1
    return ", ".join(f"{count} {severity}" for severity, count in sorted(counts.items()))
