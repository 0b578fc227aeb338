"""The process of a session that is a function of the project: import it, describe or call it.

``python -P -m tasker_ci.faces.own_process MODULE:FUNCTION FOLDER``; the folder has the request, and
gets the answer.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tasker_ci.context import Face, Outcome
from tasker_ci.errors import Interrupted, TaskerCIError
from tasker_ci.faces.execute import make_context
from tasker_ci.options import options_of
from tasker_ci.process.interruption import Interruption
from tasker_ci.process.session_marks import without_marks
from tasker_ci.screen.terminal import make_reporter
from tasker_ci.text.file_writing import write_file

_Function = Callable[..., Any]


def main() -> int:
    """Answer the request in the folder of the command line."""
    reference, folder = sys.argv[1], Path(sys.argv[2])
    request = json.loads(folder.joinpath("request.json").read_text(encoding="utf-8"))
    try:
        function = _imported(reference, request["root"])
        answer = _described(function) if request.get("describe") else None
    except BaseException as error:  # noqa: BLE001 - whatever a foreign module raises
        _write(folder, _unusable(_reason(error)))
        return 1
    if answer is not None:
        _write(folder, answer)
        return 0
    answer, exit_code = _called(function, reference, request)
    _write(folder, answer)
    return exit_code


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
    return {
        "text": inspect.getdoc(function) or "",
        "options": [
            {
                "name": option.name,
                "default": option.default,
                "help": option.help,
                "type": option.type.__name__,
                "repeatable": option.repeatable,
                "choices": option.choices,
                "required": option.required,
            }
            for option in options_of(function)
        ],
    }


def _called(
    function: _Function, reference: str, request: Mapping[str, Any]
) -> tuple[Mapping[str, Any], int]:
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
        return _failed(error.message, error.exit_code, ""), error.exit_code
    except TaskerCIError as error:
        return _failure(error), error.exit_code
    except SystemExit as error:
        return _exited(request["session"], error)
    except Exception as error:  # noqa: BLE001 - whatever the function raises
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next  # not our frame
        traceback.print_exception(error)
        message = f"{reference} raised {_reason(error)}."
        return _failed(message, 1, "The lines above say where."), 1
    try:
        return _said(result), 0
    except TypeError as error:
        return _failed(f"{reference}: {error}.", 1, "Return an Outcome."), 1


def _said(result: Any) -> Mapping[str, Any]:
    outcome = Outcome(summary="") if result is None else result
    if not isinstance(outcome, Outcome):
        message = f"it returned a {type(result).__name__}; a session returns an Outcome, or nothing"
        raise TypeError(message)
    answer = {"summary": outcome.summary, "status": str(outcome.status), "data": dict(outcome.data)}
    json.dumps(answer)  # raises `TypeError` here, where the function is named
    return answer


def _exited(session: str, error: SystemExit) -> tuple[Mapping[str, Any], int]:
    if error.code in {None, 0}:
        return _said(None), 0
    code = error.code if isinstance(error.code, int) else 1
    text = f": {error.code}" if isinstance(error.code, str) else ""
    return _failed(f"`{session}` exited with {code}{text}.", code, ""), code


def _failure(error: TaskerCIError) -> Mapping[str, Any]:
    failed = _failed(error.message, error.exit_code, error.next_step)
    try:
        json.dumps(dict(error.data))
    except TypeError:
        return failed
    return {"error": {**failed["error"], "data": dict(error.data)}}


def _failed(message: str, exit_code: int, next_step: str) -> Mapping[str, Any]:
    return {
        "error": {
            "message": message,
            "next_step": next_step,
            "exit_code": exit_code,
            "data": {},
            "unusable": False,
        }
    }


def _unusable(reason: str) -> Mapping[str, Any]:
    failed = _failed(reason, 2, "")
    return {"error": {**failed["error"], "unusable": True}}


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _write(folder: Path, answer: Mapping[str, Any]) -> None:
    write_file(folder / "answer.json", json.dumps(answer))


if __name__ == "__main__":
    sys.exit(main())
