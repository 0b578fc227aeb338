"""noxfile.py and tasks.py: written where there is none, added to where that can do no harm."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.text.file_reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

NOXFILE = "noxfile.py"
TASKS = "tasks.py"

NOXFILE_TEXT = """\
import tasker_ci

tasker_ci.register_sessions()
"""
TASKS_TEXT = """\
from tasker_ci import namespace

__all__ = ["namespace"]
"""

_IN_NOXFILE = """\

import tasker_ci  # noqa: E402 - a session of the same name above is kept

tasker_ci.register_sessions()
"""
_IN_TASKS = """\

import tasker_ci  # noqa: E402 - a task of the same name above is kept

tasker_ci.add_tasks({namespace})
"""
_IN_PLAIN_TASKS = """\

import sys  # noqa: E402

from invoke import Collection as _Collection  # noqa: E402

import tasker_ci  # noqa: E402 - a task of the same name above is kept

namespace = _Collection.from_module(sys.modules[__name__])
tasker_ci.add_tasks(namespace)
"""

_SCRIPT_BLOCK = re.compile(r"^# /// script\s*$", re.MULTILINE)
_NAMESPACES = ("ns", "namespace")
"""In invoke's order: Collection.from_module."""


@dataclass(frozen=True, kw_only=True)
class Plug:
    """What becomes of one file."""

    file: str
    action: str
    """written, extended, unchanged, or left (as it is: it cannot be extended safely)."""
    content: bytes | None = None
    """All of the file as it will be; None if it stays as it is."""
    notes: tuple[str, ...] = ()
    """What a person has to know or to do."""
    own: tuple[str, ...] = ()
    """The names of our sessions that the file has given to its own."""


def noxfile_plug(folder: Path, sessions: Collection[str]) -> Plug:
    """The plug for nox; ``sessions`` are the names that ours have."""
    before, problem = _content(folder / NOXFILE)
    if before is None and not problem:
        return Plug(file=NOXFILE, action="written", content=NOXFILE_TEXT.encode())
    tree, problem = (None, problem) if problem else _parsed(before)
    if tree is None:
        return _left(NOXFILE, problem, _IN_NOXFILE)
    text = (before or b"").decode(errors="replace")
    taken = sorted(_defined(tree, "session") & set(sessions))
    if _calls(tree, "register_sessions"):
        return Plug(file=NOXFILE, action="unchanged", own=tuple(taken))
    if _SCRIPT_BLOCK.search(text):
        note = f"{NOXFILE} names its dependencies in a script block; add tasker-ci to them"
        return _left(NOXFILE, note, _IN_NOXFILE)
    own = f"{NOXFILE} has its own {', '.join(taken)}"
    notes = (
        *(f"{own}: nox and the workflows run yours, tasker-ci ours" for _ in taken[:1]),
        f"{NOXFILE} imports tasker-ci now: install it wherever nox runs",
    )
    return Plug(
        file=NOXFILE,
        action="extended",
        content=_extended(before, _IN_NOXFILE),
        notes=notes,
        own=tuple(taken),
    )


def tasks_plug(folder: Path, sessions: Collection[str]) -> Plug:
    """The plug for invoke; ``sessions`` are the names that ours have."""
    if (folder / "tasks" / "__init__.py").is_file():
        return _left("tasks/", "the folder tasks/ is invoke's (or another program's)", "")
    before, problem = _content(folder / TASKS)
    if before is None and not problem:
        return Plug(file=TASKS, action="written", content=TASKS_TEXT.encode())
    tree, problem = (None, problem) if problem else _parsed(before)
    if tree is None:
        return _left(TASKS, problem, "")
    modules = set(_imported(tree))
    if "tasker_ci" in modules:
        return Plug(file=TASKS, action="unchanged")
    if "invoke" not in modules:
        return _left(TASKS, f"{TASKS} does not import invoke, so it is another program's", "")
    assigned = _assigned(tree)
    namespace = next((name for name in _NAMESPACES if name in assigned), "")
    addition = _IN_TASKS.format(namespace=namespace) if namespace else _IN_PLAIN_TASKS
    taken = sorted(_defined(tree, "task") & set(sessions))
    own = f"{TASKS} has its own {', '.join(taken)}"
    notes = (
        *(f"{own}: invoke runs yours, tasker-ci ours" for _ in taken[:1]),
        f"{TASKS} imports tasker-ci now: install it wherever invoke runs",
    )
    return Plug(file=TASKS, action="extended", content=_extended(before, addition), notes=notes)


def _content(file: Path) -> tuple[bytes | None, str]:
    """What is in a file, or why that cannot be known; neither if it is not there."""
    if file.is_symlink():
        return None, f"{file.name} is a symbolic link"
    try:
        return read_bytes(file), ""
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"{file.name} cannot be read ({error.strerror})"


def _parsed(content: bytes | None) -> tuple[ast.Module | None, str]:
    try:
        return ast.parse(content or b""), ""
    except (SyntaxError, ValueError) as error:
        return None, f"it is no Python that can be read ({error})"


def _left(file: str, reason: str, addition: str) -> Plug:
    lines = [line for line in addition.splitlines() if line]
    add = f"; add at its end: {'; '.join(line.partition('  #')[0] for line in lines)}"
    note = f"{reason}{add if lines else '; it stays as it is: tasker-ci does not need it'}"
    return Plug(file=file, action="left", notes=(note,))


def _extended(before: bytes | None, addition: str) -> bytes:
    """The file, byte for byte, and the addition in its kind of line endings."""
    content = before or b""
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    gap = b"" if content.endswith(b"\n") or not content else newline
    return content + gap + addition.encode().replace(b"\n", newline)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _calls(tree: ast.Module, name: str) -> bool:
    return any(isinstance(node, ast.Call) and _last(node.func) == name for node in ast.walk(tree))


def _assigned(tree: ast.Module) -> set[str]:
    """The names that the module itself has when it is imported."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found |= {each.id for each in node.targets if isinstance(each, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def _defined(tree: ast.Module, decorator: str) -> set[str]:
    """The functions below ``@session``, ``@nox.session(name=…)``, ``@task`` and the like."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        for each in node.decorator_list:
            call = each if isinstance(each, ast.Call) else None
            if _last(call.func if call else each) != decorator:
                continue
            named = [word.value for word in call.keywords if word.arg == "name"] if call else []
            given = named[0] if named else None
            if isinstance(given, ast.Constant):
                found.add(str(given.value))
            else:
                found |= {node.name, node.name.replace("_", "-")}
    return found


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
