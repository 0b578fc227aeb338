"""What `doctor` looks at for the check with the oldest Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.sessions.msrv.promises import declared_versions
from tasker_ci.sessions.msrv.toolchains import installation, toolchains_here
from tasker_ci.tools.examination import Checks, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.tools.examination import Examination, Finding


def check_toolchains(examination: Examination) -> Iterator[Finding]:
    """Whether each Rust that a package names is here."""
    versions = declared_versions(examination.directory)
    if not versions:
        return
    context, environment = examination.context, examination.environment
    try:
        here = toolchains_here(context, environment, versions)
    except TaskerCIError:
        return  # said by what looks at the toolchain
    missing = [each for each, name in here.items() if name is None]
    if missing:
        step = installation(context, environment, missing)
        yield note(
            "rust-version", f"not installed: {', '.join(missing)}; msrv checks with it", step
        )
    else:
        yield ok("rust-version", f"installed: {', '.join(versions)}")


CHECKS = Checks(findings=check_toolchains)
