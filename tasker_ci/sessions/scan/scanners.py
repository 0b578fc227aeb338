"""The scanners of images: which one is here, how it is asked, what its failures mean."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandFailed, CommandTimedOut, MissingToolError, UsageError
from tasker_ci.process.absent_programs import why_closed
from tasker_ci.process.command import Command, Output
from tasker_ci.sessions.scan.documents import read_scan
from tasker_ci.sessions.scan.settings import ScanSettings
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import are
from tasker_ci.tools.cargo import SIGNALS
from tasker_ci.tools.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.process.command import Completed
    from tasker_ci.sessions.scan.vulnerabilities import ScanReport

SCANNERS = {
    "trivy": (
        *("image", "--no-progress", "--scanners", "vuln", "--format", "json", "--show-suppressed"),
        *("--severity", "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL", "--ignore-unfixed=false"),
        *("--exit-code", "0", "--exit-on-eol", "0", "--output", ""),
    ),
    "grype": (
        *("--verbose", "--output", "json", "--only-fixed=false", "--fail-on", "", "--file", ""),
        # Else a file or folder that is called like the image is scanned in its place, and
        # `registry:2` is the image `2` from a registry.
        *("--from", "docker,podman,registry"),
    ),
}
"""The scanners in the order in which they are looked for, with the words before an image's name.

Both are asked for all that they find, whatever their variables and configuration files say: what
fails is decided here, by one rule for both.
"""

_VARIABLES = {
    "NO_COLOR": "1",
    "TRIVY_SKIP_VERSION_CHECK": "true",
    "TRIVY_DISABLE_TELEMETRY": "true",
    "GRYPE_CHECK_FOR_APP_UPDATE": "false",
}
"""No colour, which grype has without a terminal too; no request that has nothing to do with images.

Variables, because older versions do not know the flags.
"""

_TASKS = "task completed"
"""grype's lines of every single analysis, some fifty; its verbosity has nothing between."""

_TRIVY_SPARE_SECONDS = 60


def find_scanner(context: Context) -> tuple[str, Mapping[str, str]]:
    """The scanner's name and its environment; raises `MissingToolError` if there is none."""
    environment = {**child_environment(context, all_tokens=True), **_VARIABLES}
    setting = context.settings_of(ScanSettings).scanner
    wanted = tuple(SCANNERS) if setting == "auto" else (setting,)
    for name in wanted:
        if shutil.which(name, path=environment.get("PATH", "")):
            return name, environment
    if context.dry_run:
        return wanted[0], environment
    for name in wanted:
        closed = why_closed(name, environment.get("PATH", ""))
        if closed is not None:
            message = f"No image was scanned: `{name}` {closed[0]}."
            raise MissingToolError(message, next_step=closed[1])
    raise MissingToolError(
        f"No image was scanned: {' and '.join(wanted)} {are(len(wanted))} not on PATH.",
        next_step="Install one: https://trivy.dev or https://github.com/anchore/grype; or hand "
        f"over its report: {context.face.command_line('scan', '--report', 'FILE')}",
    )


def scan_command(
    context: Context, scanner: str, image: str, environment: Mapping[str, str]
) -> Command:
    """The command that scans an image; raises `UsageError` for a name that would be a flag."""
    if image.startswith("-") or not image.strip():
        message = f"{image!r} is no name of an image."
        step = "For example --image postgres:17."
        if image in context.settings_of(ScanSettings).images:
            step = f"Look at `scan.images` in {SETTINGS_FILE}."
        elif image == context.environment.get("POSTGRES_IMAGE"):
            step = "Look at the variable POSTGRES_IMAGE."
        raise UsageError(message, next_step=step)
    words = list(SCANNERS[scanner])
    if scanner == "trivy":  # its own deadline is five minutes
        words += [
            "--timeout",
            f"{context.settings_of(ScanSettings).seconds + _TRIVY_SPARE_SECONDS}s",
        ]
    return Command(argv=(scanner, *words, image), cwd=context.workspace, environment=environment)


def run_scanner(context: Context, command: Command) -> ScanReport:
    """Scan one image, with what the scanner says meanwhile on the screen.

    Raises `CommandFailed` or `CommandTimedOut`, and `ReportError` for a report without sense.
    """
    seconds = context.settings_of(ScanSettings).seconds

    def show(line: str) -> None:
        if _TASKS not in line:
            context.reporter.output(line)

    try:
        with context.reporter.running(str(command)):
            answer = context.runner.run(
                command, output=Output.CAPTURE, timeout=seconds, on_error_line=show
            )
    except CommandTimedOut as error:
        scanner, image = command.argv[0], command.argv[-1]
        message = f"{scanner} did not scan {image} within {seconds} s and was stopped."
        step = f"`scan.seconds` gives it longer. The first time it fetches its database: {_FETCH}."
        raise CommandTimedOut(message, next_step=step) from error
    if answer.exit_code:
        raise _failure(command, answer)
    return read_scan(answer.stdout, f"of {command.argv[0]} on {command.argv[-1]}")


def _failure(command: Command, answer: Completed) -> CommandFailed:
    scanner, image, code = command.argv[0], command.argv[-1], answer.exit_code
    if code in SIGNALS:
        message = f"{image} was not scanned: {scanner} ended by a signal: {SIGNALS[code]}."
        step = "`tasker-ci doctor` looks at memory and disk."
        return CommandFailed(message, exit_code=code, next_step=step)
    said = answer.stderr.lower()
    for phrase, meaning, step in _MEANINGS:
        if phrase in said:
            what = meaning.format(scanner=scanner, image=image)
            message = f"{image} was not scanned: {what} (exit code {code} of {scanner})."
            return CommandFailed(message, exit_code=code, next_step=step)
    return CommandFailed(
        f"{image} was not scanned: {scanner} failed with exit code {code}:\n"
        f"{answer.stderr.strip()}",
        exit_code=code,
        next_step=f"Run it by itself: {command}",
    )


_FETCH = "`trivy image --download-db-only`, or `grype db update`"
_MISSING = (
    "{scanner} has no database that it can use, and could not fetch one",
    (
        f"It comes from the network: {_FETCH}. Without a network take it from another machine: "
        "trivy's folder `db` (TRIVY_CACHE_DIR, TRIVY_SKIP_DB_UPDATE), or `grype db import FILE`."
    ),
)
_OLD = (
    "the database of {scanner} is too old, or made for another version of it",
    f"Fetch a new one: {_FETCH}.",
)
_NO_IMAGE = (
    "{scanner} can get this image neither from an engine of this machine nor from a registry",
    (
        "Its lines above have the reason of each. Is the name right, does the engine run "
        "(DOCKER_HOST), is this user signed in to the registry (`docker login`)?"
    ),
)
_MEANINGS = (
    ("database does not exist", *_MISSING),
    ("cannot be specified on the first run", *_MISSING),
    ("failed to download vulnerability db", *_MISSING),
    ("unable to update vulnerability database", *_MISSING),
    ("the vulnerability database was built", *_OLD),
    ("with the old db schema", *_OLD),
    ("version of db schema", *_OLD),
    ("unable to find the specified image", *_NO_IMAGE),
    ("failed to parse the image name", "this is no name of an image", "Look at `scan.images`."),
    ("failed to catalog", *_NO_IMAGE),
    (
        "unknown flag",
        "this {scanner} does not know a flag that newer ones have",
        "Install a newer one: https://trivy.dev or https://github.com/anchore/grype",
    ),
    (
        "in use by another process",
        "another {scanner} is at work on the same cache",
        "Wait for it, or give this one a folder of its own (TRIVY_CACHE_DIR).",
    ),
)
"""What the scanners print, what it means, the next step; the first that fits.

Of a name that is no image grype says "failed to catalog" as well.
"""
