"""When the inputs are looked at: each look serves all sessions that it can."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.sessions.pipeline.proofs.inputs import Fingerprint, ProjectInputs
from tasker_ci.sessions.pipeline.proofs.listing import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.session import Session
    from tasker_ci.sessions.pipeline.proofs.store import ProofStore

FRESH_SECONDS = 3.0
"""For so long a look tells whether a session has to run."""

_SHARE = 20
"""Between two looks that nothing has to wait for lie so many times the seconds of one."""


@dataclass(kw_only=True)
class Looks:
    """Looks at the inputs of all sessions at once, and no more often than it has to."""

    context: Context
    sessions: Mapping[str, Session]
    store: ProofStore
    monotonic: Callable[[], float] = time.monotonic
    last: Fingerprint | None = None
    _seconds: float = 0.0
    """How long the last look took."""
    _inputs: ProjectInputs | None = field(default=None, init=False)

    def fresh(self) -> Fingerprint:
        """The inputs as they are, or were moments ago. Raises `NotUnderstood`."""
        last = self.last
        if last is None or self.monotonic() - last.taken > FRESH_SECONDS:
            return self.again()
        return last

    def any(self) -> Fingerprint:
        """The inputs as they were at some moment before now. Raises `NotUnderstood`."""
        return self.again() if self.last is None or self.is_due() else self.last

    def is_due(self) -> bool:
        """Whether the last look is so long ago that another one costs little beside it."""
        if self.last is None:
            return True
        pause = max(FRESH_SECONDS, _SHARE * self._seconds)
        return self.monotonic() - self.last.taken > pause

    def again(self) -> Fingerprint:
        """Look now. Raises `NotUnderstood` where the effect of something is not known."""
        if self._inputs is None:
            self._inputs = ProjectInputs(
                context=self.context,
                known=self.store.known_files(),
                clock=self.monotonic,
                file_time=lambda: self.store.file_time(time.time_ns),
            )
        self.last = None
        try:
            self.last = self._inputs.take(self._folders())
        except TaskerCIError as error:
            raise NotUnderstood(error.message.partition("\n")[0].rstrip(".")) from error
        except (OSError, ValueError, RecursionError) as error:
            raise NotUnderstood(f"the inputs cannot be read ({error})") from error
        self._seconds = self.monotonic() - self.last.taken
        return self.last

    def keep(self) -> None:
        """Keep what is known of files, so that the next run need not read them."""
        if self._inputs is not None and self._inputs.seen:
            self.store.keep_files(self._inputs.seen)

    def _folders(self) -> tuple[Path, ...]:
        """What any session reads elsewhere, so that one look serves all."""
        found: dict[Path, None] = {}
        for session in self.sessions.values():
            with suppress(TaskerCIError):
                holds = session.holds(self.context)
                found |= dict.fromkeys(holds.folders if holds else ())
        return tuple(found)
