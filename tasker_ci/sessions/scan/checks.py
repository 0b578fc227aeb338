"""What `doctor` looks at for the scan of images, where it is a stage of the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError
from tasker_ci.sessions.scan.scanners import find_scanner
from tasker_ci.sessions.scan.settings import ScanSettings
from tasker_ci.tools.examination import Checks, broken, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.tools.examination import Examination, Finding


def check_scanner(examination: Examination) -> Iterator[Finding]:
    """Whether a scanner of the setting `scan.scanner` is here."""
    context = examination.context
    if not context.settings_of(ScanSettings).pipeline:
        return
    try:
        name, _ = find_scanner(context)
    except MissingToolError as error:
        yield broken("scanner", error.message, error.next_step)
    else:
        yield ok("scanner", str(examination.where(name)))


CHECKS = Checks(findings=check_scanner)
