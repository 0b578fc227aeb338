"""A session that is a Python function of the project, or of an installed package.

It runs in a process of its own: it may print, change the folder and exit, and it has a deadline.
What both processes say to one another lies in a file without a name, which nothing has to remove.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from tasker_ci.context import Context, Outcome, Status
from tasker_ci.errors import CommandTimedOut, TaskerCIError
from tasker_ci.options import Description, Option
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Output
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.process.signals import Signals
from tasker_ci.sessions.own.errors import OwnSessionFailed, SessionUnusable
from tasker_ci.sessions.own.installed import installed_sessions
from tasker_ci.sessions.own.reports import Reports, with_report, with_tests
from tasker_ci.sessions.own.surroundings import (
    beside_services,
    check_tool,
    deadline_of,
    directory_of,
    environment_of,
    run_whole,
    settings_of,
)
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.settings.token_variables import without_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.process.command import Completed

PROCESS = "tasker_ci.faces.own_process"
"""The module that imports and calls the function."""

DESCRIBE_SECONDS = 60.0
"""How long importing a function may take, before it is asked for its flags."""

SESSION_GRACE_SECONDS = 20.0
"""Its own children get their time to stop first."""

_TYPES: Mapping[str, type] = {kind.__name__: kind for kind in (str, bool, int, float)}


def describe(name: str, function: str, project_root: Path | None) -> Description:
    """Ask the function what its flags and its help are.

    ``function`` is that of the settings; "" for a session of an installed package. Raises
    `SessionUnusable` with the reason of Python.
    """
    reference, root = _reference(name, function, project_root)
    environment = without_tokens(os.environ, named=frozenset(), passed=())
    cancellation = Cancellation()
    with Signals(cancellation):
        runner = ProcessRunner(cancellation, screen=sys.stderr, warn=lambda _: None)
        with _exchange({"root": root, "token": "", "describe": True}) as exchange:
            command = _command(reference, Path.cwd(), environment, exchange)
            try:
                ended = runner.run(command, output=Output.CAPTURE_BOTH, timeout=DESCRIBE_SECONDS)
            except CommandTimedOut as error:
                reason = f"its import took longer than {DESCRIBE_SECONDS:.0f} s"
                raise _unusable(name, reference, reason) from error
            answer = _answer(exchange)
    if answer is None or "error" in answer:
        raise _unusable(name, reference, _reason(answer, ended))
    options = [
        Option(
            **{
                **option,
                "type": _TYPES[option["type"]],
                "choices": tuple(option["choices"]),
                "default": tuple(option["default"]) if option["repeatable"] else option["default"],
            }
        )
        for option in answer["options"]
    ]
    return Description(text=answer["text"], options=tuple(options))


def run_function(name: str, context: Context, /, **values: Any) -> Outcome:
    """Call the function of a session with the values of its flags."""
    own = settings_of(context, name)
    reference, root = _reference(name, own.function, context.project_root)
    folder = directory_of(context, name, own)
    environment = environment_of(context, own)
    if context.dry_run:
        return context.preview(_command(reference, folder, environment))
    check_tool(context, own, environment)
    reports = Reports.expected(context, name, folder, own.report) if own.report else None
    request = {
        "root": root,
        "session": name,
        "values": values,
        "directory": str(folder),
        "overrides": list(context.overrides),
        "passthrough": list(context.passthrough),
        "face": str(context.face),
    }

    def work(given: Mapping[str, str]) -> Outcome:
        context.reporter.line(f"{name}: {reference}", "dim")
        with (
            context.reporter.foreign_output() as token,
            _exchange({**request, "token": token}) as exchange,
        ):
            command = _command(reference, folder, given, exchange)
            with deadline_of(name, own):
                ended = run_whole(context, command, float(own.timeout_seconds))
            answer = _answer(exchange)
        try:
            outcome = _outcome(name, reference, answer, ended)
        except OwnSessionFailed as error:
            raise with_tests(error, reports, given) from error
        if outcome.status is not Status.PASSED:  # then there may be nothing to report
            return outcome
        return with_report(outcome, reports, given)

    return beside_services(context, name, own, environment, work)


def refuse_double(name: str, _context: Context, /) -> NoReturn:
    """Raise the error for a name that a package shares with a session of ours."""
    packages = ", ".join(package for _, package in installed_sessions().get(name, ()))
    raise SessionUnusable(
        f"`{name}` is a session of tasker-ci, and one of the installed package {packages}.",
        next_step="Uninstall that package, or have it choose another name.",
    )


def _reference(name: str, function: str, project_root: Path | None) -> tuple[str, str]:
    """Where the function is, and the folder that Python is to import it from, "" for none."""
    pairs = installed_sessions().get(name, ())
    places = [f"the package {package}" for _, package in pairs]
    if function:
        places.insert(0, SETTINGS_FILE)
    if len(places) > 1:
        raise SessionUnusable(
            f"Several bring the session `{name}`: {', '.join(places)}.",
            next_step="Uninstall one of them, or choose another name.",
        )
    if function:
        return function, str(project_root) if project_root else ""
    if not pairs:
        raise SessionUnusable(
            f"Nothing brings the session `{name}`.",
            next_step=f"Give [sessions.{name}] of {SETTINGS_FILE} a `command` or a `function`.",
        )
    return pairs[0][0], ""


@contextmanager
def _exchange(request: Mapping[str, Any]) -> Iterator[IO[bytes]]:
    """A file without a name with a request, which the answer replaces."""
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(json.dumps(request).encode())
        yield file


def _answer(exchange: IO[bytes]) -> Mapping[str, Any] | None:
    exchange.seek(0)
    try:
        answer = json.loads(exchange.read())
    except ValueError:  # nothing, or not all
        return None
    return answer if isinstance(answer, dict) else None


def _command(
    reference: str,
    folder: Path,
    environment: Mapping[str, str],
    exchange: IO[bytes] | None = None,
) -> Command:
    return Command(
        # -P: no module of the folder we stand in may take the place of one of ours.
        argv=(sys.executable, "-P", "-m", PROCESS, reference),
        cwd=folder,
        environment=environment,
        grace_seconds=SESSION_GRACE_SECONDS,
        is_session=True,
        stdin=exchange,
    )


def _reason(answer: Mapping[str, Any] | None, ended: Completed) -> str:
    """Why the function could not be described."""
    if answer is not None:
        return str(answer["error"]["message"])
    printed = ended.stderr.strip().splitlines()[-1:]
    return " ".join((f"its import ended with exit code {ended.exit_code}", *printed))


def _unusable(name: str, reference: str, reason: str) -> TaskerCIError:
    step = f"Correct the function, or `function` in [sessions.{name}] of {SETTINGS_FILE}."
    if pairs := installed_sessions().get(name):  # else `_reference` would have refused it
        step = f"Correct the package {pairs[0][1]}, or uninstall it."
    return SessionUnusable(
        f"The session `{name}` cannot be used: {reason} ({reference}).", next_step=step
    )


def _outcome(
    name: str, reference: str, answer: Mapping[str, Any] | None, ended: Completed
) -> Outcome:
    if answer is None:
        raise OwnSessionFailed(
            f"`{name}` ended with exit code {ended.exit_code} and without a result ({reference}).",
            exit_code=ended.exit_code or 1,
            next_step="Return from the function, or raise an error of tasker_ci.",
        )
    error = answer.get("error")
    if error is not None:
        if error["unusable"]:
            raise _unusable(name, reference, error["message"])
        raise OwnSessionFailed(
            error["message"],
            next_step=error["next_step"],
            exit_code=error["exit_code"],
            data=error["data"],
        )
    return Outcome(summary=answer["summary"], status=Status(answer["status"]), data=answer["data"])
