"""Container images held against databases of known vulnerabilities, by trivy or grype."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import ReportError, UsageError
from tasker_ci.sessions.scan.documents import read_scan
from tasker_ci.sessions.scan.outcome import tell_scans
from tasker_ci.sessions.scan.scanners import find_scanner, run_scanner, scan_command
from tasker_ci.sessions.scan.settings import ScanSettings
from tasker_ci.stack.images import ImageSource, database_image
from tasker_ci.text.file_reading import RECORD_BYTES, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.sessions.scan.vulnerabilities import ScanReport

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
        scanner, environment = find_scanner(context)
        images = tuple(dict.fromkeys(images))
        if context.dry_run:
            names = images or _named(context)
            return context.preview(
                *(scan_command(context, scanner, name, environment) for name in names)
            )
        names = images or _images(context, environment)
        if not names:
            summary = "the settings name no image (scan.images), and there is none of a database"
            return Outcome(summary=summary, status=Status.SKIPPED)
        commands = [scan_command(context, scanner, name, environment) for name in names]
        found = [run_scanner(context, command) for command in commands]
    return tell_scans(context, found, today())


def _named(context: Context) -> tuple[str, ...]:
    given = context.environment.get("POSTGRES_IMAGE", "")
    service = context.settings.integration.database.service
    own = (given or _DATABASE,) if service or given else ()
    return (*own, *context.settings_of(ScanSettings).images)


def _images(context: Context, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The image of the database, built if it is not there, and those of the settings."""
    source = ImageSource(
        workspace=context.workspace,
        settings=context.settings.integration.database,
        environment=environment,
        build_seconds=context.settings.integration.build_seconds,
    )
    own = database_image(source, context.runner, context.reporter)
    return tuple(
        dict.fromkeys([*((own.name,) if own else ()), *context.settings_of(ScanSettings).images])
    )


def _read(context: Context, name: str) -> ScanReport:
    path = context.directory / name
    try:
        return read_scan(read_text(path, most=RECORD_BYTES), name)
    except (OSError, UnicodeDecodeError) as error:
        message = f"The report {name} cannot be read: {error}. So its image was not scanned."
        raise ReportError(
            message, next_step="Look at the step that should have made it."
        ) from error
