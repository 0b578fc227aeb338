"""What `doctor` looks at for miri, where the pipeline has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.sessions.miri.settings import COMPONENTS, MiriSettings
from tasker_ci.tools.examination import Checks, note, ok
from tasker_ci.tools.installed_toolchains import check_installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.tools.examination import Examination, Finding


def check_miri(examination: Examination) -> Iterator[Finding]:
    """Whether the nightly is here, with miri."""
    context = examination.context
    settings = context.settings_of(MiriSettings)
    if not settings.pipeline:
        return
    try:
        check_installed(context, examination.environment, settings.toolchain, components=COMPONENTS)
    except TaskerCIError as error:
        yield note("miri", error.message, error.next_step)
    else:
        yield ok("miri", f"in {settings.toolchain}")


CHECKS = Checks(findings=check_miri)
