"""The process of a session that is a function of the project: import it, describe or call it.

``python -P -m tasker_ci.faces.own_process MODULE:FUNCTION FOLDER``; the folder has the request, and
gets the answer.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tasker_ci.context import Face, Outcome, Status
from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.faces.execute import make_context
from tasker_ci.options import common, options_of
from tasker_ci.process.interruption import Interruption
from tasker_ci.process.session_marks import without_marks
from tasker_ci.screen.terminal import make_reporter
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.foreign import one_line, plain, shortened

_Function = Callable[..., Any]


def main() -> int:
    """Answer the request in the folder of the command line."""
    reference, folder = sys.argv[1], Path(sys.argv[2])
    request = json.loads(folder.joinpath("request.json").read_text(encoding="utf-8"))
    describes = bool(request.get("describe"))
    try:
        function = _imported(reference, request["root"])
        answer = _described(function) if describes else None
    except BaseException as error:  # noqa: BLE001 - whatever a foreign module raises
        answer = _unusable(_reason(error))
    if answer is None:
        answer = _called(function, reference, request)
    write_file(folder / "answer.json", json.dumps(answer))
    if describes:
        os._exit(0)  # threads that the import started are not waited for
    return int("error" in answer)


def _imported(reference: str, root: str) -> _Function:
    """The function; the project comes before installed packages and after Python's own modules."""
    if root:
        installed = (place for place, path in enumerate(sys.path) if "-packages" in path)
        sys.path.insert(next(installed, len(sys.path)), root)
    module, _, name = reference.partition(":")
    value: Any = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    if not callable(value):
        message = f"{reference} is no function"
        raise TypeError(message)
    return value  # type: ignore[no-any-return]


def _described(function: _Function) -> Mapping[str, Any]:
    positional = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    if len([each for each in positional if each.default is each.empty]) != 1:
        message = "its first parameter is the context, and all others are keyword-only (`*`)"
        raise TypeError(message)
    options = options_of(function)
    taken = {"--help", *(option.flag for option in options_of(common))}
    for option in options:
        if option.flag in taken:
            message = f"every session has the flag {option.flag} already; rename the parameter"
            raise TypeError(message)
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


def _called(function: _Function, reference: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    environment = without_marks(os.environ)
    interruption = Interruption()
    reporter = make_reporter(environment, reader_gone=interruption.reader_gone)
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in request["values"].items()
    }
    try:
        with interruption:
            context = make_context(
                face=Face(request["face"]),
                directory=Path(request["directory"]),
                environment=environment,
                reporter=reporter,
                interruption=interruption,
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
        json.dumps(dict(error.data), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return failed
    return {"error": {**failed["error"], "data": dict(error.data)}}


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
