"""What `doctor` looks at for the sessions of a project and of packages; none of them is imported.

Functions of a clone are code of a stranger: only their files are read. What packages bring was
installed by the user, and is imported in a process of its own.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.sessions import SESSIONS
from tasker_ci.sessions.own.function import describe
from tasker_ci.sessions.own.installed import installed_sessions, unusable_entries
from tasker_ci.sessions.own.stages import PACKAGE
from tasker_ci.sessions.own.surroundings import how_to_install
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import read_text
from tasker_ci.tools.examination import Checks, broken, note, ok

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.sessions.own.settings import OwnSession
    from tasker_ci.tools.examination import Examination, Finding


def check_own_sessions(examination: Examination) -> Iterator[Finding]:
    """Whether what they name is there."""
    context = examination.context
    own: dict[str, OwnSession] = dict(context.settings.table("sessions"))
    for name, session in own.items():
        yield from _check_tool(examination, name, session)
        if session.function:
            yield check_function(context.project_root, name, session.function)
    for name, pairs in installed_sessions().items():
        yield _check_installed(name, pairs, own.get(name))
    yield from check_modules(context.project_root)
    for package, reason in unusable_entries().items():
        step = f"Correct the entry points of {package}, or uninstall it."
        yield broken(f"package {package}", reason, step)


def check_modules(root: Path) -> Iterator[Finding]:
    """Whether a module of the project takes the place of this package, where its folder is first.

    That is so for invoke, which then ends before anything of ours runs, and for `python -m`.
    """
    for file in (root / f"{PACKAGE}.py", root / PACKAGE / "__init__.py"):
        if file.is_file() and not file.parent.samefile(Path(__file__).parents[2]):
            found = f"{file} takes the place of this package for invoke and `python -m nox`"
            yield broken(f"module {PACKAGE}", found, "Give it another name.")


def _check_tool(examination: Examination, name: str, session: OwnSession) -> Iterator[Finding]:
    program = session.tool.program
    if not program:
        return
    where = examination.where(program)
    if where is not None:
        yield ok(program, where)
    else:
        step = how_to_install(examination.context, session)
        yield broken(program, f"not installed (session {name})", step)


def check_function(root: Path, name: str, function: str) -> Finding:
    """Whether a function stands where it is said to; its file is read, not run."""
    check = f"session {name}"
    module, _, wanted = function.partition(":")
    path = root.joinpath(*module.split("."))
    places = (path.with_suffix(".py"), path / "__init__.py")
    file = next((place for place in places if place.is_file()), None)
    fix = f"Correct `function` in [sessions.{name}] of {SETTINGS_FILE}."
    if file is None:
        return note(check, f"{module} is no file of the project; it may be installed", fix)
    try:
        tree = ast.parse(read_text(file))
    except (OSError, SyntaxError, ValueError) as error:
        return broken(check, f"{file} cannot be read: {error}", f"Correct {file}.")
    if module.partition(".")[0] in sys.stdlib_module_names:
        return broken(check, f"Python has a module {module} of its own", f"Rename {file}.")
    names = set(_names(tree.body))
    if wanted in names:
        return ok(check, str(file))
    if names & {"*", "__getattr__"}:
        return note(check, f"{file} may get `{wanted}` from elsewhere", fix)
    return broken(check, f"{file} has no function `{wanted}`", fix)


def _names(body: Iterable[ast.AST]) -> Iterator[str]:
    """The names that statements of a module give something, within `if` and `try` as well."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                yield name
            case ast.AsyncFunctionDef() | ast.ClassDef():
                pass  # no plain function, nor is anything in it
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (each.asname or each.name.partition(".")[0] for each in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case _:
                yield from _names(ast.iter_child_nodes(node))


def _check_installed(
    name: str, pairs: tuple[tuple[str, str], ...], own: OwnSession | None
) -> Finding:
    check = f"session {name}"
    packages = [package for _, package in pairs]
    if name in SESSIONS:
        packages.append("tasker-ci")
    if own is not None and (own.command or own.function):
        packages.append(SETTINGS_FILE)
    if len(packages) > 1:
        found = f"several bring it: {', '.join(packages)}"
        return broken(check, found, "Uninstall one, or choose another name.")
    try:
        describe(name, "", None)
    except TaskerCIError as error:
        return broken(check, error.message, error.next_step)
    return ok(check, f"{pairs[0][0]} of {packages[0]}")


CHECKS = Checks(findings=check_own_sessions)
