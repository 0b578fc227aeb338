"""The process of a session that is a function of the project: import it, describe or call it.

``python -P -m tasker_ci.faces.own_process MODULE:FUNCTION``; standard input is a file with the
request, which the answer replaces.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Face, Outcome, Status
from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.faces.session_context import make_context
from tasker_ci.options import common, options_of
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.session_marks import without_marks
from tasker_ci.process.signals import Signals
from tasker_ci.process.streams import settle
from tasker_ci.screen.terminal import make_reporter
from tasker_ci.text.foreign import one_line, plain, shortened

if TYPE_CHECKING:
    from tasker_ci.screen.reporter import Reporter

_Function = Callable[..., Any]

END_SECONDS = 2.0
"""How long threads, and what `atexit` calls, may go on when the function has returned."""

OURS = ("session", "status", "summary", "next_step", "exit_code")
"""Keys of a result that are no data of a function."""


def main() -> int:
    """Answer the request of standard input."""
    reference, ours = sys.argv[1], os.getpid()
    exchange = _Exchange()
    request = exchange.request()
    cancellation = Cancellation()
    signals = Signals(cancellation, foreign_code=True)
    reporter = make_reporter(
        without_marks(os.environ), reader_gone=cancellation.reader_gone, token=request["token"]
    )
    called = not request.get("describe")
    try:
        function = _imported(reference, request["root"])
        answer = {} if called else described(function)
    except BaseException as error:  # noqa: BLE001 - whatever a foreign module raises
        called, answer = False, _unusable(_reason(error))
    if called:
        if sys.platform != "win32":
            os.register_at_fork(after_in_child=signals.release)
        answer = _called(function, reference, request, cancellation, signals, reporter)
    code = int("error" in answer)
    if os.getpid() == ours:
        exchange.answer(answer)
        if called:
            _end_in_time(code, reporter)
            return code
    # Threads that an import started are not waited for, and a copy of this process says nothing.
    settle()
    os._exit(code)


class _Exchange:
    """The file that is standard input, out of the function's way: it has nothing to read."""

    def __init__(self) -> None:
        self._number = os.dup(0)
        self._identity = self._seen()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def request(self) -> dict[str, Any]:
        """Take the request out of the file."""
        with os.fdopen(self._number, "rb", closefd=False) as file:
            file.seek(0)
            request: dict[str, Any] = json.load(file)
        os.ftruncate(self._number, 0)
        return request

    def answer(self, answer: Mapping[str, Any]) -> None:
        """Write the answer, unless the function has closed the file: then there is none."""
        with suppress(OSError):
            if self._seen() == self._identity:
                with os.fdopen(self._number, "wb", closefd=False) as file:
                    file.seek(0)
                    file.write(json.dumps(answer).encode())

    def _seen(self) -> tuple[int, int]:
        status = os.fstat(self._number)
        return status.st_dev, status.st_ino


def _end_in_time(code: int, reporter: Reporter) -> None:
    """Let the process end by itself, but end it after a moment."""

    def end() -> None:
        time.sleep(END_SECONDS)
        here = threading.main_thread()
        left = [each.name for each in threading.enumerate() if each != here and not each.daemon]
        with suppress(Exception):  # whatever became of the streams
            threads = f"; still running: {', '.join(left)}" if left else ""
            after = f"{END_SECONDS:g} s after the function returned"
            reporter.warning(f"Its process was ended {after}{threads}.")
            settle()
        os._exit(code)

    with suppress(RuntimeError):  # no thread more for this user: then there is the deadline
        threading.Thread(target=end, daemon=True).start()


def _imported(reference: str, root: str) -> _Function:
    """The function; the project comes before installed packages and after Python's own modules."""
    if root:
        installed = (place for place, path in enumerate(sys.path) if "-packages" in path)
        sys.path.insert(next(installed, len(sys.path)), root)
    module, _, name = reference.partition(":")
    value: Any = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    if not isinstance(value, FunctionType | MethodType | partial):
        message = f"{reference} is no function"
        raise TypeError(message)
    return value


def described(function: _Function) -> Mapping[str, Any]:
    """Help and flags of a function. Raises `TypeError` for one that cannot be a session."""
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        message = "it is asynchronous or a generator; a session is a plain function"
        raise TypeError(message)
    kinds = [each.kind for each in inspect.signature(function).parameters.values()]
    named = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    if sum(kind in named for kind in kinds) != 1:
        message = "its first parameter is the context, and all others are keyword-only (`*`)"
        raise TypeError(message)
    options = options_of(function)
    taken = {"--help", "-h", *(option.flag for option in options_of(common))}
    for flag in (flag for option in options for flag in option.flags):
        if flag in taken:
            message = f"there is a flag {flag} already; rename the parameter"
            raise TypeError(message)
        taken.add(flag)
    return {
        "text": plain(inspect.getdoc(function) or ""),
        "options": [
            {
                "name": option.name,
                "default": option.default,
                "help": one_line(option.help),
                "type": option.type.__name__,
                "repeatable": option.repeatable,
                "choices": option.choices,
                "required": option.required,
            }
            for option in options
        ],
    }


def _called(
    function: _Function,
    reference: str,
    request: Mapping[str, Any],
    cancellation: Cancellation,
    signals: Signals,
    reporter: Reporter,
) -> Mapping[str, Any]:
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in request["values"].items()
    }
    try:
        with signals:
            context = make_context(
                face=Face(request["face"]),
                directory=Path(request["directory"]),
                environment=without_marks(os.environ),
                reporter=reporter,
                cancellation=cancellation,
                overrides=tuple(request["overrides"]),
                dry_run=False,
                passthrough=tuple(request["passthrough"]),
                runs_code=True,
                any_settings=False,
            )
            result = function(context, **values)
    except Interrupted as error:
        return _failed(error.message, error.exit_code, "")
    except TaskerCIError as error:
        return _failure(error)
    except SystemExit as error:
        return _exited(request["session"], error)
    except BaseException as error:  # noqa: BLE001 - whatever the function raises
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next  # not our frame
        with suppress(Exception):  # standard error may be closed
            traceback.print_exception(error)
        exit_code = 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
        message = f"{reference} raised {_reason(error)}."
        return _failed(message, exit_code, "The lines above say where.")
    try:
        return _said(result)
    except (TypeError, ValueError, RecursionError) as error:
        return _failed(f"{reference}: {error}.", 1, "Return an Outcome.")


def _said(result: Any) -> Mapping[str, Any]:
    outcome = Outcome(summary="") if result is None else result
    if not isinstance(outcome, Outcome):
        message = f"it returned a {type(result).__name__}; a session returns an Outcome, or nothing"
        raise TypeError(message)
    if not isinstance(outcome.summary, str):
        message = f"the summary of its Outcome is a {type(outcome.summary).__name__}, not a str"
        raise TypeError(message)
    answer = {
        "summary": outcome.summary,
        "status": str(Status(outcome.status)),
        "data": dict(outcome.data),
    }
    if ours := [key for key in OURS if key in answer["data"]]:
        message = f"the data of its Outcome has the key {ours[0]!r}, which the result has already"
        raise ValueError(message)
    json.dumps(answer, allow_nan=False)  # raises here, where the function is named
    return answer


def _exited(session: str, error: SystemExit) -> Mapping[str, Any]:
    """As Python does: nothing is success, a number the exit code, and all else a message."""
    if error.code is None or error.code == 0:
        return _said(None)
    if isinstance(error.code, int):
        return _failed(f"`{session}` exited with {int(error.code)}.", error.code, "")
    return _failed(f"`{session}` exited with 1: {error.code}.", 1, "")


def _failure(error: TaskerCIError) -> Mapping[str, Any]:
    failed = _failed(error.message, error.exit_code, error.next_step)
    try:
        data = {key: value for key, value in error.data.items() if key not in OURS}
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return failed
    return {"error": {**failed["error"], "data": data}}


def _failed(message: Any, exit_code: Any, next_step: Any) -> Mapping[str, Any]:
    """What goes to the other process; an author's error may hold values of any type.

    An exit code is what the system makes of it, but for a failure it is never 0: 256 is 1.
    """
    return {
        "error": {
            "message": str(message),
            "next_step": str(next_step or ""),
            "exit_code": (exit_code & 0xFF or 1) if isinstance(exit_code, int) else 1,
            "data": {},
            "unusable": False,
        }
    }


def _unusable(reason: str) -> Mapping[str, Any]:
    failed = _failed(reason, 2, "")
    return {"error": {**failed["error"], "unusable": True}}


def _reason(error: BaseException) -> str:
    try:
        text = shortened(" ".join(str(error).split()))
    except Exception:  # noqa: BLE001 - an exception of others may be unable to say anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
