"""What ``$( … )`` prints, for the few commands whose output follows from the files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.machine import host_of
from tasker_ci.foreign.bash.syntax import text_of
from tasker_ci.foreign.bash.unknown import REPOSITORY, UNKNOWN, is_known

if TYPE_CHECKING:
    from tree_sitter import Node

    from tasker_ci.foreign.bash.reader import Reader

_LONGEST = 1 << 14


def output_of(statements: list[Node], reader: Reader) -> str:
    """The output of some statements without its last line ends."""
    if len(statements) == 1:
        host = host_of(text_of(statements[0]), reader.state.around.run.machine)
        if is_known(host):
            return host
    parts: list[Node] = []
    for statement in statements:
        if statement.type == "list" and all(child.type != "||" for child in statement.children):
            parts.extend(_flat(statement))
        elif statement.type == "redirected_statement" and (
            body := statement.child_by_field_name("body")
        ):
            if any(
                child.type != "file_redirect" or not (child.text or b"").startswith(b"2>")
                for child in statement.children_by_field_name("redirect")
            ):
                return UNKNOWN
            parts.append(body)
        else:
            parts.append(statement)
    output = ""
    for part in parts:
        if part.type != "command" or any(
            child.type == "variable_assignment"
            or (
                child.type.endswith("redirect")
                and not (child.text or b"").startswith((b"2>", b"<"))
            )
            for child in part.children
        ):
            return UNKNOWN
        words = reader.words.fields(
            [child for child in part.children if not child.type.endswith("redirect")]
        )
        if reader.state.functions.get(words[0] if words else "") is not None:
            return UNKNOWN
        output += _printed(words, reader)
    return output.rstrip("\n")


def _flat(node: Node) -> list[Node]:
    found: list[Node] = []
    for child in node.named_children:
        found.extend(_flat(child) if child.type == "list" else [child])
    return found


def _printed(words: list[str], reader: Reader) -> str:  # noqa: C901, PLR0911 - a table
    state = reader.state
    here = state.path_of(state.folder) or UNKNOWN
    match words:
        case ["cd" | "pushd", *_]:
            arguments = [word for word in words[1:] if not word.startswith("-")]
            state.enter(state.within(arguments[0]) if arguments else None)
            return ""
        case ["pwd"] | ["pwd", "-P"]:
            return here
        case ["git", "rev-parse", "--show-toplevel"]:
            return REPOSITORY if state.folder is not None else UNKNOWN
        case ["echo", *rest] if not rest or not rest[0].startswith("-"):
            return " ".join(rest) + "\n"
        case ["printf", "%s" | "%s\\n", text]:
            return text
        case ["dirname", path] | ["dirname", "--", path] if is_known(path):
            return posixpath.dirname(path) or "."
        case ["basename", path] if is_known(path):
            return posixpath.basename(path)
        case ["basename", path, end] if is_known(path) and is_known(end):
            return posixpath.basename(path).removesuffix(end)
        case ["realpath" | "readlink", *options, path] if all(
            each.startswith("-") for each in options
        ):
            inside = state.within(path)
            return state.path_of(inside) or UNKNOWN if inside is not None else UNKNOWN
        case ["uname"] | ["uname", "-s"]:
            return state.system_name
        case ["cat", path] if reader.files is not None:
            inside = state.within(path)
            content = reader.files.text(inside) if inside is not None else None
            return content if content is not None and len(content) < _LONGEST else UNKNOWN
        case ["set" | "shopt" | "true" | ":", *_]:
            return ""
    return UNKNOWN
