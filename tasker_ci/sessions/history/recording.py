"""Leave a record of a session's run in the history; never at the cost of the run itself."""

from __future__ import annotations

import json
import platform
import secrets
import shlex
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from tasker_ci.context import CODE_VARIABLE, RUN_VARIABLE, Context, Outcome, Status
from tasker_ci.errors import NotChecked, TaskerCIError, UnsafePlace
from tasker_ci.process.git import GitFailed, SafeGit
from tasker_ci.reports.errors import TestsFailed
from tasker_ci.sessions.history.folders import history_folders
from tasker_ci.sessions.history.settings import HistorySettings
from tasker_ci.tools.kept_folders import is_closed, kept_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tasker_ci.reports.run import TestRun
    from tasker_ci.session import Session
    from tasker_ci.sessions.history.record import Record
    from tasker_ci.tools.sccache_statistics import SccacheStatistics

PROVEN = "proven"
"""The status of a session that did not run, because a run of before has proven it."""

_GIT_SECONDS = 10.0
_MEBIBYTE = 1024 * 1024


def run_recorded(
    context: Context, name: str, session: Session, options: Mapping[str, Any]
) -> Outcome:
    """Run a session and leave its record, however it ends; an interrupted run leaves none.

    What its time says of an interrupted run is nothing. Raises `SettingsError` before it begins if
    records would be written and pruned in a folder that is not ours.
    """
    function: Callable[..., Outcome] = session.load()
    if context.settings_of(HistorySettings).keep < 1:
        return function(context, **options)
    history_folders(context)  # a folder that is not ours ends the run before it begins
    known = _Known.before(context, name, session, options)
    if session.walks:
        handed = {RUN_VARIABLE: known.run, CODE_VARIABLE: json.dumps(asdict(known.code))}
        context = replace(context, environment={**context.environment, **handed})
    try:
        outcome = function(context, **options)
    except TaskerCIError as error:
        status = Status.NOT_CHECKED if isinstance(error, NotChecked) else "failed"
        run = error.run if isinstance(error, TestsFailed) else None
        known.leave(str(status), error.data, run, exit_code=error.exit_code)
        raise
    known.leave(str(outcome.status), outcome.data, outcome.run)
    return outcome


def leave_proven(context: Context, name: str, by: Mapping[str, str], report: str) -> None:
    """Leave the record of a session that did not run, because a run of before has proven it.

    ``by`` says which run: `run`, `commit`, `made`; ``report`` is what that run left.
    """
    if context.settings_of(HistorySettings).keep < 1:
        return
    known = _Known(
        context=context,
        session=name,
        run=run_name(context.environment),
        code=tested_code(context),
        counts=None,
        options={},
        began=datetime.now(UTC),
        clock=time.monotonic(),
    )
    known.leave(PROVEN, {"report": report}, None, proven=by)


@dataclass(frozen=True, kw_only=True)
class Code:
    """The code that is tested, as git knows it."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool = True


def tested_code(context: Context) -> Code:
    """Ask git for commit, branch and changes; nothing is known where it does not answer.

    Within a pipeline `ci` has asked.
    """
    handed = context.environment.get(CODE_VARIABLE, "")
    if handed and RUN_VARIABLE in context.environment:
        with suppress(ValueError, TypeError):
            return Code(**json.loads(handed))
    git = SafeGit(
        folder=context.project_root,
        runner=context.runner,
        environment=context.environment,
        timeout=_GIT_SECONDS,
    )
    named = context.environment.get("GITHUB_HEAD_REF") or context.environment.get("GITHUB_REF_NAME")
    try:
        try:
            head = git.head()
        except GitFailed:  # no commit yet, or a work tree elsewhere
            commit = _line(git, "rev-parse", "--verify", "--quiet", "HEAD")
            branch = named or _line(git, "symbolic-ref", "--short", "--quiet", "HEAD")
            return Code(commit=commit, branch=branch)
        dirty = _is_dirty(replace(git, folder=head.top))
        return Code(commit=head.commit, branch=named or head.branch, dirty=dirty)
    except TaskerCIError:
        return Code(branch=named or None)


def _line(git: SafeGit, *arguments: str) -> str | None:
    answer = git.run(*arguments)
    return None if answer.exit_code else answer.stdout.strip() or None


def _is_dirty(git: SafeGit) -> bool:
    """Whether anything at or below the top differs from the commit; yes if git cannot say."""
    try:
        return bool(git.differing("HEAD"))
    except GitFailed:
        return True


def run_name(environment: Mapping[str, str]) -> str:
    """What all sessions of a pipeline, and all jobs of a workflow run, have in common."""
    if environment.get(RUN_VARIABLE):
        return environment[RUN_VARIABLE]
    if environment.get("GITHUB_RUN_ID"):
        attempt = environment.get("GITHUB_RUN_ATTEMPT", "1")
        return f"github-{environment['GITHUB_RUN_ID']}-{attempt}"
    return _process_name()


@cache
def _process_name() -> str:
    """One name for all sessions of this process: `nox` and `invoke` run one after the other."""
    return secrets.token_hex(16)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known of a run before it begins."""

    context: Context
    session: str
    run: str
    code: Code
    counts: SccacheStatistics | None
    options: Mapping[str, Any]
    began: datetime
    clock: float

    @classmethod
    def before(
        cls, context: Context, name: str, session: Session, options: Mapping[str, Any]
    ) -> _Known:
        counts = None
        if session.compiles and RUN_VARIABLE not in context.environment:
            # Within a pipeline several sessions share one server: only all together are counted.
            from tasker_ci.tools.compilations import count_silently

            counts = count_silently(context)
        return cls(
            context=context,
            session=name,
            run=run_name(context.environment),
            code=tested_code(context),
            counts=counts,
            options=options,
            began=datetime.now(UTC),
            clock=time.monotonic(),
        )

    def leave(
        self,
        status: str,
        data: Mapping[str, Any],
        run: TestRun | None,
        *,
        exit_code: int = 0,
        proven: Mapping[str, str] | None = None,
    ) -> None:
        """Write the record; what stands in the way of it is a warning."""
        from tasker_ci.sessions.history.record import tests_of

        seconds = time.monotonic() - self.clock
        record = replace(
            self._record(status, seconds, data),
            exit_code=exit_code,
            proven=proven or {},
            **(tests_of(run) if run else {}),
        )
        usual, instead = history_folders(self.context)
        try:
            try:
                self._write(record, usual)
            except OSError as error:
                if not is_closed(error):
                    raise
                self._write(record, instead)
                if RUN_VARIABLE not in self.context.environment:  # `ci` says it for all
                    text = f"{usual} cannot be written; the record of this run is in {instead}."
                    self.context.reporter.line(f"note: {text}")
        except (OSError, UnsafePlace) as error:
            reason = getattr(error, "strerror", None) or str(error).rstrip(".")
            self.context.reporter.warning(f"This run leaves no record in {usual}: {reason}.")

    def _write(self, record: Record, folder: Path) -> None:
        from tasker_ci.sessions.history.record_folder import leave

        settings = self.context.settings_of(HistorySettings)
        leave(
            record,
            folder,
            keep=settings.keep,
            maximum_bytes=settings.megabytes * _MEBIBYTE,
            within=kept_within(self.context, folder),
        )

    def _record(self, status: str, seconds: float, data: Mapping[str, Any]) -> Record:
        from tasker_ci.sessions.history.record import Record

        environment = self.context.environment
        attempt = environment.get("GITHUB_RUN_ATTEMPT", "")
        return Record(
            run=self.run,
            session=self.session,
            started=self.began,
            seconds=seconds,
            status=status,
            arguments=(*_words(self.options, self.context), *_partly(data)),
            partition=self.options.get("partition") or None,
            toolchain=self.options.get("toolchain") or self.context.settings.toolchain or None,
            profile=data.get("profile") or None,
            system=f"{sys.platform} {platform.machine()}",
            build_seconds=data.get("build_seconds"),
            test_seconds=data.get("test_seconds"),
            commit=self.code.commit,
            dirty=self.code.dirty,
            branch=self.code.branch,
            attempt=int(attempt) if attempt.isdecimal() else 1,
            sccache=self._compilations(data),
            report=str(data.get("report") or "") or None,
        )

    def _compilations(self, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
        told = data.get("sccache")
        if isinstance(told, dict):
            return told if told.get("used") else None
        if self.counts is None:
            return None
        from tasker_ci.tools.compilations import count_silently, data_of

        after = count_silently(self.context)
        return None if after is None else data_of(after.since(self.counts))


def _partly(data: Mapping[str, Any]) -> tuple[str, ...]:
    """What tells a pipeline of which not all ran from one of which all did: their times differ."""
    sessions = data.get("sessions")
    rows = sessions if isinstance(sessions, list) else []
    proven = any(isinstance(row, dict) and row.get("status") == PROVEN for row in rows)
    return ("partly", PROVEN) if proven else ()


def _words(options: Mapping[str, Any], context: Context) -> tuple[str, ...]:
    """What was asked of the session, in words that are the same for the same wish.

    The shard is left out, because the shards of a run belong together, and the toolchain, which
    has a place of its own. Of overridden settings only the names are kept: a value may be secret.
    """
    words: list[str] = []
    for name, value in sorted(options.items()):
        if name in {"partition", "toolchain"} or not value:
            continue
        flag = "--" + name.rstrip("_").replace("_", "-")
        for item in value if isinstance(value, tuple) else (value,):
            words += [flag] if item is True else [flag, str(item)]
    names = {pair.partition("=")[0] for pair in context.overrides}
    words += [word for name in sorted(names) for word in ("--set", name)]
    return (*words, *(("--", shlex.join(context.passthrough)) if context.passthrough else ()))
