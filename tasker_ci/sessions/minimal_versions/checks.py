"""What `doctor` looks at for the check with the oldest versions, where the pipeline has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.sessions.minimal_versions.settings import MinimalVersionsSettings
from tasker_ci.tools.examination import Checks, note, ok
from tasker_ci.tools.installed_toolchains import check_installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.tools.examination import Examination, Finding

_CHECK = "oldest versions"


def check_nightly(examination: Examination) -> Iterator[Finding]:
    """Whether the nightly that chooses the versions is here."""
    context = examination.context
    settings = context.settings_of(MinimalVersionsSettings)
    if not settings.pipeline:
        return
    try:
        check_installed(context, examination.environment, settings.toolchain)
    except TaskerCIError as error:
        yield note(_CHECK, error.message, error.next_step)
    else:
        yield ok(_CHECK, f"{settings.toolchain} chooses them")


CHECKS = Checks(findings=check_nightly)
