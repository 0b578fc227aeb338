"""Whether a session is proven, and if not, by which input it has to run."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Context, Status, doubt_of
from tasker_ci.errors import TaskerCIError, UnsafePlace
from tasker_ci.sessions.history.public import PROVEN
from tasker_ci.sessions.pipeline.proofs.inputs import NOTED, Fingerprint
from tasker_ci.sessions.pipeline.proofs.listing import (
    Listing,
    NotUnderstood,
    Stamp,
    new_digest,
    told,
)
from tasker_ci.sessions.pipeline.proofs.looks import Looks
from tasker_ci.sessions.pipeline.proofs.store import Proof, ProofStore
from tasker_ci.sessions.pipeline.results import SessionResult
from tasker_ci.sessions.pipeline.settings import ProvenSettings
from tasker_ci.text.foreign import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.session import Holds, Session

_SLACK_NANOSECONDS = 2_000_000_000
_PHRASES = {
    "variables": "the variable {}",
    "settings": "the setting {}",
    "tasker-ci": "tasker-ci itself ({})",
    "toolchain": "what the compiler says ({})",
    "machine": "this machine ({})",
}
"""How an input is called; what is not here is the name of a file."""


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who makes proofs: this run of `ci`."""

    run: str
    commit: str


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """A green run: its inputs when it began, and when it ended."""

    result: SessionResult
    before: Fingerprint
    at: float
    """In seconds since 1970."""


@dataclass(kw_only=True)
class Proofs:
    """Asked before a session of `ci` starts, and told how it ended."""

    context: Context
    sessions: Mapping[str, Session]
    author: Author
    anew: bool
    """Whether everything runs; what is green is a proof from then on."""
    store: ProofStore
    clock: Callable[[], float] = time.time
    reasons: dict[str, str] = field(default_factory=dict)
    """Why sessions with a proof run all the same, as clauses."""
    looks: Looks = field(init=False)
    _known: dict[str, Proof] | None = None
    _began: dict[str, Fingerprint] = field(default_factory=dict)
    _ended: dict[str, _Ended] = field(default_factory=dict)
    """Green runs that no look has confirmed yet."""
    _mute: bool = False

    def __post_init__(self) -> None:
        self.looks = Looks(context=self.context, sessions=self.sessions, store=self.store)

    def proven(self, name: str) -> SessionResult | None:
        """The result of an earlier run that proves a session; None if it has to run.

        Says so in one line where something has changed since.
        """
        try:
            holds = self._holds(name)
            if holds is None:
                return None
            proof = None if self.anew else self._proofs().get(name)
            look = self.looks.any() if proof is None else self.looks.fresh()
        except NotUnderstood as error:
            self._say_once(str(error))
            return None
        now = self._began[name] = self._of(name, holds, look)
        if proof is None:
            return None
        why = self._why_not(proof, now)
        if why:
            self.reasons[name] = why
            self.context.reporter.line(f"{name} runs again: {why}")
            return None
        return self._result(proof)

    def ended(self, name: str, result: SessionResult) -> None:
        """Take note of a run that has ended: a green one is a proof if the next look confirms it.

        That look comes when it costs little, at the latest with `keep`.
        """
        before = self._began.pop(name, None)
        if before is None:
            return
        why = doubt_of({**result.document, "status": result.status})
        if why:
            if result.status == Status.PASSED:
                self._say_doubt(name, why)
            self._change({name: None})
            return
        self._ended[name] = _Ended(result=result, before=before, at=self.clock())
        if self.looks.is_due():
            self._confirm()

    def keep(self) -> None:
        """Confirm what has ended, and keep what is known of files for the next run."""
        if self._ended:
            self._confirm()
        self.looks.keep()

    def _confirm(self) -> None:
        """Make proofs of green runs whose inputs are still what they were when they began."""
        changes: dict[str, Proof | None] = {}
        try:
            look = self.looks.again()
        except NotUnderstood as error:
            for name in self._ended:
                self._say_doubt(name, str(error))
            changes |= dict.fromkeys(self._ended)
        else:
            for name, ended in self._ended.items():
                changes[name] = None
                try:
                    holds = self._holds(name)
                    if holds is not None:
                        now = self._of(name, holds, look)
                        changes[name] = self._proof(name, ended, holds, now)
                except NotUnderstood as error:
                    self._say_doubt(name, str(error))
        self._ended.clear()
        self._change(changes)

    def _change(self, changes: Mapping[str, Proof | None]) -> None:
        try:
            self.store.change(changes)
        except (OSError, UnsafePlace, TaskerCIError) as error:
            self._say_once(getattr(error, "strerror", None) or str(error))

    def _say_doubt(self, name: str, why: str) -> None:
        self.context.reporter.line(f"{name} proves nothing: {one_line(why)}")

    def _holds(self, name: str) -> Holds | None:
        """What a green run of a session proves; None where it is not to be kept."""
        settings = self.context.settings_of(ProvenSettings)
        if settings.sessions != "all" and name not in settings.sessions:
            return None
        try:
            holds = self.sessions[name].holds(self.context)
        except TaskerCIError as error:
            raise NotUnderstood(error.message.partition("\n")[0].rstrip(".")) from error
        return None if holds is None or (holds.outside and settings.hours <= 0) else holds

    def _of(self, name: str, holds: Holds, look: Fingerprint) -> Fingerprint:
        """The inputs of one session."""
        session = self.sessions[name]
        own = Listing(
            {"function": session.function, "needs": " ".join(session.needs), **holds.read}
        )
        return replace(look, parts={"session": own, **look.parts})

    def _proofs(self) -> dict[str, Proof]:
        if self._known is None:
            self._known = self.store.read()
        return self._known

    def _why_not(self, proof: Proof, now: Fingerprint) -> str:
        """Why a proof does not count now, as a clause; empty if it does."""
        moment = self.clock()
        for part, listing in now.parts.items():
            then = proof.parts.get(part, {})
            changed = listing.differing(then)
            if part == NOTED:
                changed = _not_just_noted(changed, listing, then, proof.began)
            if changed:
                return told([_called(part, name) for name in changed])
        if proof.parts.keys() != now.parts.keys():
            return "tasker-ci looks at other inputs now"
        if not proof.made <= moment < proof.until:
            return "its proof has ended"
        found = _digest_of_file(proof.report) if proof.report else ""
        if found != proof.report_digest:
            return f"its report {proof.report} is {'of another run' if found else 'gone'}"
        return ""

    def _proof(self, name: str, ended: _Ended, holds: Holds, after: Fingerprint) -> Proof:
        before, result = ended.before, ended.result
        for part, listing in after.parts.items():
            earlier = before.parts[part]
            if listing is earlier:
                continue
            changed = listing.differing(earlier.items) or listing.written_since(earlier)
            if part == NOTED:
                changed = _not_just_noted(changed, listing, earlier.items, before.began)
            if changed:
                names = [_called(part, each) for each in changed]
                raise NotUnderstood(told(names, was="was written since it began"))
        report = str(result.document.get("report") or "")
        return Proof(
            session=name,
            run=self.author.run,
            commit=self.author.commit,
            began=before.began,
            made=ended.at,
            until=self._until(holds, ended.at),
            seconds=result.seconds,
            summary=result.summary,
            report=report,
            report_digest=_digest_of_file(report) if report else "",
            parts={part: listing.items for part, listing in after.parts.items()},
        )

    def _until(self, holds: Holds, made: float) -> float:
        """When a proof ends: code reads the clock, so with the day, by UTC and by the zone here."""
        hours = self.context.settings_of(ProvenSettings).hours
        ends = [made + hours * 3600] if holds.outside else [*_ends_of_day(made)]
        if holds.until is not None:
            ends.append(datetime.combine(holds.until, datetime.min.time(), UTC).timestamp())
        return min(ends)

    def _result(self, proof: Proof) -> SessionResult:
        if proof.report:  # it is of the sources as they are, whatever their times say
            with suppress(OSError):
                os.utime(proof.report)
        by: dict[str, Any] = {
            "run": proof.run,
            "commit": proof.commit,
            "made": datetime.fromtimestamp(proof.made, UTC).isoformat(timespec="seconds"),
            "age": max(0.0, self.clock() - proof.made),
            "seconds": round(proof.seconds, 3),
            "report": proof.report,
        }
        return SessionResult(session=proof.session, status=PROVEN, summary=proof.summary, proven=by)

    def _say_once(self, why: str) -> None:
        if not self._mute:
            self._mute = True
            self.context.reporter.line(f"note: nothing is proven: {one_line(why)}.")


def _not_just_noted(
    changed: list[str], now: Listing, then: Mapping[str, str], began: int
) -> list[str]:
    """Without what a build has only just said it depends on, and nobody has written since then."""
    oldest = began - _SLACK_NANOSECONDS
    return [
        name
        for name in changed
        if name in then or name not in now.stamps or _written(now.stamps[name]) > oldest
    ]


def _written(stamp: Stamp) -> int:
    """When the system last saw a change of a file, by its stamp."""
    return max(stamp[1], stamp[2])


def _called(part: str, name: str) -> str:
    return _PHRASES.get(part, "{}").format(one_line(shortened(name)))


def _ends_of_day(moment: float) -> tuple[float, float]:
    """The next midnight, by UTC and by the zone of this machine."""
    universal = datetime.fromtimestamp(moment, UTC)
    local = datetime.fromtimestamp(moment)  # noqa: DTZ006 - the zone here
    return (
        (
            universal.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        ).timestamp(),
        (local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp(),
    )


def _digest_of_file(file: str) -> str:
    """The digest of a report; empty where it cannot be read."""
    found = new_digest()
    try:
        found.update(Path(file).read_bytes())
    except OSError:
        return ""
    return found.hexdigest()
