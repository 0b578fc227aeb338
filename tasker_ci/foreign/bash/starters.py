"""Commands of a shell that start another one: `bash -c`, `exec`, `env`, `xargs`, `find -exec`.

Each says what is known of its exit code, or None where it is a program like any other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.lists import end_subshell
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line, text_of
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known
from tasker_ci.foreign.command import ExitCode

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader
    from tasker_ci.foreign.bash.state import Value

_DOWNLOADED = re.compile(r"(?:[<$]\(|`)\s*(?:curl|wget)\b")
"""The installer of somebody else, which knows nothing of the workspace."""
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def shell(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    """`bash -c TEXT`."""
    errexit = pipefail = False
    rest = words[1:]
    text = None
    while rest and rest[0][:1] in {"-", "+"} and is_known(rest[0]):
        flag, rest = rest[0], rest[1:]
        if flag.startswith("--"):
            continue
        errexit = errexit or "e" in flag
        if flag.endswith("o") and rest:
            pipefail = pipefail or rest[0] == "pipefail"
            errexit = errexit or rest[0] == "errexit"
            rest = rest[1:]
        if "c" in flag:
            text, rest = (rest[0], rest[1:]) if rest else (None, [])
            break
    else:
        if not rest and fate.input is not None:  # `bash <<EOF`
            text = fate.input
    if text is None or not text.replace(UNKNOWN, ""):
        return Status.EXPECTED if _DOWNLOADED.search(text_of(node)) else None
    return _run_text(
        reader,
        node,
        text,
        fate,
        variables=variables,
        arguments=tuple(rest[1:]),
        errexit=errexit,
        pipefail=pipefail,
    )


def _run_text(
    reader: Reader,
    node: Node,
    text: str,
    fate: Fate,
    *,
    variables: dict[str, Value],
    arguments: tuple[str, ...],
    errexit: bool,
    pipefail: bool,
) -> Status:
    """Walk a text in a shell of its own."""
    before = reader.state
    inner = before.copy()
    for name, value in variables.items():
        inner.set(name, value, export=True)
    inner.variables = {
        name: value for name, value in inner.variables.items() if name in inner.exported
    }
    inner.functions = {}
    inner.arguments = arguments
    inner.options = replace(inner.options, errexit=errexit, pipefail=pipefail)
    reader.state = inner
    script = Script(text=text, place=reader.place(node), around=before.around)
    status = reader.read(script, replace(fate.alone(), last=True))
    end_subshell(reader, before)
    return status


def wrapped(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    """`command`, `builtin`, `exec`, `time`, `nohup` before another command."""
    rest = words[1:]
    if words[0] == "command" and rest[:1] in (["-v"], ["-V"]):
        return None
    while rest and rest[0].startswith("-") and words[0] in {"command", "exec", "time", "nohup"}:
        rest = (
            rest[2:]
            if (words[0], rest[0]) in {("exec", "-a"), ("time", "-o"), ("time", "-f")}
            else rest[1:]
        )
    if not rest:
        return Status.TRUE
    functions = reader.state.functions
    if words[0] in {"command", "builtin"} and rest[0] in functions:
        reader.state.functions = {name: each for name, each in functions.items() if name != rest[0]}
    status = reader.run(node, rest, variables, _text(node), fate)
    reader.state.functions = functions
    if words[0] == "exec" and fate.certain and reader.state.reached is True:
        reader.state.exited = True
    return status


def env(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    """`env A=b … command`."""
    rest = words[1:]
    more = dict(variables)
    while rest:
        if rest[0] in {"-u", "--unset", "-C", "--chdir", "-S", "--split-string"}:
            if rest[0] == "-u" and len(rest) > 1:
                more[rest[1]] = ""
                rest = rest[2:]
                continue
            return None
        if found := _ASSIGNMENT.fullmatch(rest[0]):
            more[found[1]] = found[2]
        elif not rest[0].startswith("-") and (rest[0] != UNKNOWN or len(rest) == 1):
            break
        rest = rest[1:]
    if not rest:
        return None
    return reader.run(node, rest, more, _text(node), fate)


def xargs(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    """`xargs command`: with more words at its end."""
    rest = words[1:]
    replaced = ""
    while rest and rest[0].startswith("-"):
        flag, rest = rest[0], rest[1:]
        if flag.startswith("-I"):
            replaced = flag[2:] or (rest[0] if rest else "")
        if flag in {"-I", "-n", "-P", "-L", "-d", "-s", "-E", "-a", "--max-args", "--max-procs"}:
            rest = rest[1:]
    if not rest:
        return Status.TRUE
    rest = [word.replace(replaced, UNKNOWN) for word in rest] if replaced else [*rest, UNKNOWN]
    return reader.run(node, rest, variables, _text(node), fate.unsure())


def find(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    """`find … -exec command {} +`."""
    at = next((i for i, word in enumerate(words) if word in {"-exec", "-execdir"}), None)
    if at is None:
        return None
    rest = []
    for word in words[at + 1 :]:
        if word in {";", "+"}:
            break
        rest.append(word.replace("{}", UNKNOWN))
    if not rest:
        return None
    folder = reader.state.folder
    if words[at] == "-execdir":
        reader.state.enter(None)
    reader.run(node, rest, variables, _text(node), fate.unsure().of(ExitCode.IGNORED))
    reader.state.enter(folder)
    return Status.EXPECTED


def _text(node: Node) -> str:
    return one_line(text_of(node))
