"""What a session works with: one value made by the plugin, handed to the session's function."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    from tasker_ci.process.command import Command, Runner
    from tasker_ci.reports.run import TestRun
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.screen.reporter import Reporter
    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.settings.model import Settings, Table


Value = TypeVar("Value")

RUN_VARIABLE = "TASKER_RUN"
"""Hands the name of a run from `ci` to its sessions."""

CODE_VARIABLE = "TASKER_RUN_CODE"
"""Hands on the code that is tested, so that git is asked once for a whole pipeline."""


class Status(StrEnum):
    """How a session that did not raise ended."""

    PASSED = "passed"
    SKIPPED = "skipped"
    NOT_CHECKED = "not checked"


_NO_PROOF = ("unproven", "flaky", "tolerated", "quarantined", "not_checked", "failures")
"""What a green run may say of itself by which it proves nothing."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a session has to say at its end; a failure is raised instead."""

    summary: str
    status: Status = Status.PASSED
    data: Mapping[str, Any] = field(default_factory=dict)
    run: TestRun | None = None
    """The tests that ran, for the record of the run."""
    unproven: str = ""
    """Why a green run says nothing of the next one, as a clause: a test was flaky, say."""
    absent: bool = False
    """Whether it was skipped because the workspace has nothing of the kind: as good as green."""
    withdraw: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    """Ends what the session leaves running; called if the outcome cannot be written."""

    def document(self, session: str) -> dict[str, Any]:
        """What `--json` says of it."""
        return {
            "session": session,
            "status": str(self.status),
            "summary": self.summary,
            **({"unproven": self.unproven} if self.unproven else {}),
            **self.data,
        }


def doubt_of(document: Mapping[str, Any]) -> str:
    """Why a run with this document proves nothing of the next one, as a clause; empty if it does.

    The ``document`` is what `Outcome.document` gives.
    """
    if document.get("status") != Status.PASSED:
        return f"it was {document.get('status')}"
    for key in _NO_PROOF:
        value = document.get(key)
        if value:
            return value if isinstance(value, str) else f"some of it was {key}"
    return ""


class Face(StrEnum):
    """How the session was called, so that advice can be given in the same words."""

    NOX = "nox"
    INVOKE = "invoke"
    CONSOLE = "tasker-ci"

    def command_line(self, session: str, *arguments: str) -> str:
        """The line to type for a session with these arguments."""
        if self is Face.NOX:
            separator = ("--",) if arguments else ()
            return shlex.join(("nox", "-s", session, *separator, *arguments))
        return shlex.join((self.value, session, *arguments))


@dataclass(frozen=True, kw_only=True)
class Met:
    """What a session needs and has, so that nobody asks again."""

    needs: frozenset[str] = frozenset()
    manifests: Workspace | None = None
    """What cargo said of the manifests; None if it was not asked."""


class _Resolved:
    """What `Context.once` has computed. A thread that wants what another computes waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[Hashable, _Known] = {}

    def value(self, key: Hashable, compute: Callable[[Context], Any], context: Context) -> Any:
        with self._lock:
            known = self._known.setdefault(key, _Known())
        with known.lock:
            for loaded, environment, value in known.values:
                if loaded is context.loaded and environment == context.environment:
                    return value
            value = compute(context)
            known.values.append((context.loaded, context.environment, value))
            return value

    def clear(self) -> None:
        with self._lock:
            self._known.clear()


@dataclass(frozen=True)
class _Known:
    values: list[tuple[LoadedSettings, Mapping[str, str], Any]] = field(default_factory=list)
    lock: RLock = field(default_factory=RLock)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything a session may touch."""

    project_root: Path
    workspace: Path
    directory: Path
    """Where the user stands: relative paths in flags start here."""
    loaded: LoadedSettings
    environment: Mapping[str, str]
    """The environment of this process, without what setup-env has set to colour other steps."""
    reporter: Reporter
    runner: Runner
    face: Face = Face.CONSOLE
    dry_run: bool = False
    passthrough: tuple[str, ...] = ()
    """What followed the separator on the command line, for the tool, untouched."""
    overrides: tuple[str, ...] = ()
    """Settings that flags override for this run, as ``KEY=VALUE``."""
    runs_code: bool = True
    """Whether the session may run what the project brings; else a child gets none of it."""
    set_before: frozenset[str] = frozenset()
    """The variables that setup-env has set in an earlier step of this job (TASKER_CI_SET)."""
    met: Met = Met()
    """What was looked at before the session started."""
    _resolved: _Resolved = field(default_factory=_Resolved, repr=False, compare=False)
    """What `once` has computed, for all contexts that are made of this one."""

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        return self.loaded.settings

    def settings_of(self, table: type[Table]) -> Table:
        """The settings of a family, by the model of its table."""
        return self.settings.of(table)

    def once(self, compute: Callable[[Context], Value], *key: Hashable) -> Value:
        """What ``compute`` returns for this context, computed once for all that run in the process.

        ``key`` names it. A context that was made of this one with other settings, another
        environment or other rights has a value of its own.
        """
        whole = (*key, self.project_root, self.workspace, self.runs_code, self.dry_run)
        return cast("Value", self._resolved.value(whole, compute, self))

    def forget(self) -> None:
        """Have everything computed anew: a tool was installed."""
        self._resolved.clear()

    def preview(self, *commands: Command) -> Outcome:
        """Print commands instead of running them: argument list, directory, environment.

        Only what differs from this process or stands in the table is printed of an environment;
        secret values are hidden, and so are tokens and the passwords of URLs.
        """
        from tasker_ci.settings.environment import variables
        from tasker_ci.settings.token_variables import is_token
        from tasker_ci.text.masking import says_secret, shown_value, without_passwords

        table = variables(self.loaded)

        def secret(name: str) -> bool:
            known = table.get(name)
            return known.secret or says_secret(name) if known else is_token(name)

        previews = []
        for command in commands:
            shown = {
                name: shown_value(value, secret=secret(name))
                for name, value in sorted(command.environment.items())
                if name in table or self.environment.get(name) != value
            }
            self.reporter.line(f"directory: {command.cwd}")
            self.reporter.line("environment:")
            for name, value in shown.items():
                self.reporter.line(f"  {name}={shlex.quote(value)}")
            self.reporter.command(str(command))
            previews.append(
                {
                    "argv": [without_passwords(word) for word in command.argv],
                    "directory": str(command.cwd),
                    "environment": shown,
                }
            )
        return Outcome(
            summary="nothing was started", status=Status.SKIPPED, data={"commands": previews}
        )
