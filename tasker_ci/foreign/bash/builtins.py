"""Commands that a shell runs itself.

Each says what is known of its exit code, or None where it is a program like any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash import starters
from tasker_ci.foreign.bash.fate import Fate, Status
from tasker_ci.foreign.bash.tests_of_shell import words_hold
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known
from tasker_ci.foreign.places import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader
    from tasker_ci.foreign.bash.state import Value

    Builtin = Callable[[Reader, Node, list[str], dict[str, Value], Fate], Status | None]


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


def _quiet(
    reader: Reader, node: Node, words: list[str], variables: dict[str, Value], fate: Fate
) -> Status:
    del reader, node, words, variables, fate
    return Status.TRUE


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
    **dict.fromkeys(("bash", "sh", "dash", "zsh", "ksh"), starters.shell),
    **dict.fromkeys(("command", "builtin", "exec", "time", "nohup"), starters.wrapped),
    "env": starters.env,
    "xargs": starters.xargs,
    "find": starters.find,
    **dict.fromkeys((":", "true", "shopt", "trap", "wait", "umask", "ulimit", "hash"), _quiet),
}
