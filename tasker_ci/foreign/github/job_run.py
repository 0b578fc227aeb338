"""One leg of a job, as GitHub would run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.github.document import Job, Workflow
    from tasker_ci.foreign.github.starts import Start


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where a job runs."""

    labels: tuple[str, ...] = ()
    """Of ``runs-on``, with the leg's values."""
    system: str | None = None
    """``Linux``, ``Windows`` or ``macOS``; None where that is not known."""
    architecture: str | None = None
    """``X64`` or ``ARM64``; None where that is not known."""
    container: str | None = None


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """One leg of a job; one of a reusable workflow has the leg that called it."""

    workflow: Workflow
    job: Job
    leg: Mapping[str, Any] = field(default_factory=dict)
    """The values of ``matrix``; `Unknown` for one that only a run knows, and a `Partial` where
    there may be more."""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """The values of ``inputs``; UNKNOWN for one that is not known."""
    machine: Machine = field(default_factory=Machine)
    caller: JobRun | None = None
    runs: bool | None = None
    """Whether it ever runs: False where its ``if:`` never holds, or nothing starts or calls the
    workflow; None where that is not known."""
    starts: tuple[Start, ...] = ()
    """What of the workflow's triggers may run it; of the outermost workflow for a called one."""

    @property
    def label(self) -> str:
        """What a person knows it by: ``ci.yml, job test (stable, windows)``."""
        values = ", ".join(str(value) for value in self.leg.values() if not isinstance(value, dict))
        own = f"{self.workflow.path.name}, job {self.job.name}{f' ({values})' if values else ''}"
        return f"{own}, called by {self.caller.label}" if self.caller else own
