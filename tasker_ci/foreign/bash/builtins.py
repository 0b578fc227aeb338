"""Commands that a shell runs itself, and those that only wrap others.

Each says what is known of its exit code, or None where it is a program like any other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.compound import end_subshell
from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line, text_of
from tasker_ci.foreign.bash.tests_of_shell import words_hold
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known
from tasker_ci.foreign.command import ExitCode
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader
    from tasker_ci.foreign.bash.state import Value

    Builtin = Callable[[Reader, Node, list[str], dict[str, Value], Fate], Status | None]

_DOWNLOADED = re.compile(r"(?:[<$]\(|`)\s*(?:curl|wget)\b")
"""The installer of somebody else, which knows nothing of the workspace."""
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def _cd(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    state = reader.state
    if words[0] == "popd":
        state.enter(state.folders.pop() if state.folders else None)
        return Status.EXPECTED
    if words[0] == "pushd":
        state.folders.append(state.folder)
    arguments = [word for word in words[1:] if not word.startswith("-") or word == "-"]
    before = state.folder
    if arguments == ["-"]:
        old = state.variables.get("OLDPWD")
        state.enter(state.within(old) if isinstance(old, str) else None)
    else:
        state.enter(state.within(arguments[0]) if arguments else None)
    state.variables["OLDPWD"] = state.path_of(before) or UNKNOWN
    del node, variables, fate
    return Status.EXPECTED


def _set(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    options = reader.state.options
    rest = iter(words[1:])
    for word in rest:
        if word == "--":
            reader.state.arguments = tuple(rest)
            break
        if not word or word[0] not in "+-" or not is_known(word):
            reader.state.arguments = (word, *rest)
            break
        on = word[0] == "-"
        if "e" in word[1:]:
            options.errexit = on
        if word.endswith("o"):
            name = next(rest, "")
            if name == "pipefail":
                options.pipefail = on
            elif name == "errexit":
                options.errexit = on
    del node, variables, fate
    return Status.TRUE


def _exit(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    state = reader.state
    failing = len(words) > 1 and words[1] != "0"
    if failing:
        state.failed = words[0]
    elif words[0] == "exit":
        state.exited = True
    else:
        state.returned = True
    del fate
    del node, variables
    return Status.FALSE if failing else Status.TRUE


def _break(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    reader.broken = words[0] == "break" and fate.certain and reader.state.reached is True
    reader.state.left = True
    del node, variables
    return Status.TRUE


def _shift(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    state = reader.state
    count = int(words[1]) if len(words) > 1 and words[1].isdigit() else 1
    state.arguments = state.arguments[count:]
    del node, variables, fate
    return Status.TRUE


def _read(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    for word in words[1:]:
        if not word.startswith("-") and is_known(word):
            reader.state.set(word, UNKNOWN)
    del node, variables, fate
    return Status.EITHER


def _test(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    given = words[1:-1] if words[0] == "[" else words[1:]
    del node, variables, fate
    return words_hold(given, reader.state, reader.files)


def _source(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    path = reader.state.within(words[1]) if len(words) > 1 else None
    text = reader.files.text(path) if path is not None and reader.files is not None else None
    if path is None or text is None:
        return None
    state = reader.state
    arguments = state.arguments
    if len(words) > 2:  # noqa: PLR2004 - a file and its arguments
        state.arguments = tuple(words[2:])
    script = replace(reader.script, text=text, place=Place(path, 1), path=path)
    returned = state.returned
    status = reader.read(script, fate)
    reader.state.returned = returned
    reader.state.arguments = arguments
    del node, variables
    return status


def _eval(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status | None:
    text = " ".join(words[1:])
    if not words[1:] or not text.replace(UNKNOWN, ""):
        return None
    del variables
    return reader.read(replace(reader.script, text=text, place=reader.place(node)), fate)


def _shell(
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
    return run_text(
        reader,
        node,
        text,
        fate,
        variables=variables,
        arguments=tuple(rest[1:]),
        errexit=errexit,
        pipefail=pipefail,
    )


def run_text(
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


def _wrapped(
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


def _env(
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


def _xargs(
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


def _find(
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


def _quiet(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    del reader, node, words, variables, fate
    return Status.TRUE


def _text(node: Node) -> str:
    return one_line(text_of(node))


BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(("cd", "pushd", "popd"), _cd),
    "set": _set,
    **dict.fromkeys(("exit", "return"), _exit),
    **dict.fromkeys(("break", "continue"), _break),
    "shift": _shift,
    **dict.fromkeys(("read", "mapfile", "readarray", "getopts"), _read),
    **dict.fromkeys(("test", "["), _test),
    **dict.fromkeys(("source", "."), _source),
    "eval": _eval,
    **dict.fromkeys(("bash", "sh", "dash", "zsh", "ksh"), _shell),
    **dict.fromkeys(("command", "builtin", "exec", "time", "nohup"), _wrapped),
    "env": _env,
    "xargs": _xargs,
    "find": _find,
    **dict.fromkeys((":", "true", "shopt", "trap", "wait", "umask", "ulimit", "hash"), _quiet),
}
