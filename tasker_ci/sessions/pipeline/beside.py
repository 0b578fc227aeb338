"""A session of the pipeline in a thread of `ci`: with a screen and a reason to stop of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import Interrupted, NotChecked, TaskerCIError
from tasker_ci.options import options_of
from tasker_ci.process.absent_programs import without_relative_folders
from tasker_ci.process.kept_output import KeptOutput, log_folder
from tasker_ci.process.pipe_reader import PipeReader, drain
from tasker_ci.rust.cargo_configuration import output_root, target_directory
from tasker_ci.screen.terminal import make_reporter
from tasker_ci.screen.unforeseen import access_error, bug_report
from tasker_ci.sessions import run_session
from tasker_ci.sessions.pipeline.results import SessionResult
from tasker_ci.text.masking import without_passwords

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.process.cancellation import Cancellation
    from tasker_ci.session import Session


@dataclass(frozen=True, kw_only=True)
class SessionBeside:
    """A session that runs beside others; ``on_text`` gets what it and its children print."""

    context: Context
    """That of `ci`."""
    name: str
    session: Session
    cancellation: Cancellation
    on_text: Callable[[str], None]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options that it gets if it takes them; all others have their defaults."""

    def run(self) -> SessionResult:
        """Run it to its end; raises `Interrupted` if a signal, or whoever cancels it, ended it."""
        try:
            return self._run()
        except (OSError, RuntimeError) as error:  # no file or thread more for this user
            return self._failed(self.context, access_error(error) or bug_report(error))

    def _run(self) -> SessionResult:
        context = self.context
        ours, theirs = os.pipe()
        kept = KeptOutput()
        with os.fdopen(ours, "rb", buffering=0) as pipe:
            reader = PipeReader(pipe, kept, self.on_text)
            try:
                with os.fdopen(theirs, "w", encoding="utf-8") as screen:
                    result = self._result(screen)
            finally:
                held_by = drain((reader,), lambda: self.cancellation.impatient)
        if held_by:
            context.reporter.warning(
                f"{self.name} leaves a process that holds its output: "
                f"{', '.join(held_by.values())}. It is not waited for."
            )
        result = replace(result, output=kept.text)
        whole = kept.whole()
        if whole is None or result.status != "failed":
            return result
        directory = target_directory(context.workspace, context.environment)
        file = log_folder(directory) / f"ci-{self.name}.log"
        saved = whole.save(file, within=output_root(context.workspace, directory))
        return replace(result, log=str(file)) if saved else result

    def _result(self, screen: IO[str]) -> SessionResult:
        context = self._context(screen)
        try:
            outcome = self._outcome(context)
            self.cancellation.check()  # what came in its last step
        except Interrupted as error:
            context.reporter.output(error.message, "yellow")
            raise
        except TaskerCIError as error:
            return self._failed(context, error)
        except Exception as error:  # noqa: BLE001 - a bug must not reach the user as a traceback
            return self._failed(context, access_error(error) or bug_report(error))
        return SessionResult(
            session=self.name,
            status=str(outcome.status),
            summary=outcome.summary,
            document=outcome.document(self.name),
        )

    def _context(self, screen: IO[str]) -> Context:
        """What the session works with: everything of `ci` but screen, runner and rights."""
        context, runs_code = self.context, bool(self.session.runs)
        given = context.environment
        reporter = make_reporter(given, as_json=True, stream=screen, color=context.reporter.color)
        return replace(
            context,
            reporter=reporter,
            runner=context.runner.beside(self.cancellation, screen=screen, warn=reporter.warning),
            environment=given if runs_code else without_relative_folders(given),
            runs_code=runs_code,
            passthrough=(),
        )

    def _outcome(self, context: Context) -> Outcome:
        described = self.session.describe
        options = described().options if described else options_of(self.session.load())
        defaults = {each.name: each.default for each in options}
        given = {name: value for name, value in self.options.items() if name in defaults}
        if not given or len(given) < len(self.options):  # they mean something together
            return run_session(context, self.name, self.session, defaults)
        outcome = run_session(context, self.name, self.session, {**defaults, **given})
        return replace(outcome, unproven=outcome.unproven or "only a part of it ran")

    def _failed(self, context: Context, error: TaskerCIError) -> SessionResult:
        error.message = without_passwords(error.message)
        error.next_step = without_passwords(error.next_step)
        context.reporter.failure(error)
        not_checked = isinstance(error, NotChecked)
        return SessionResult(
            session=self.name,
            status=str(Status.NOT_CHECKED) if not_checked else "failed",
            exit_code=0 if not_checked else error.exit_code,
            summary=error.message,
            next_step=error.next_step,
            document=error.data,
        )
