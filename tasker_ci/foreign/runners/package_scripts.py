"""`npm run`, `yarn` and `pnpm`: scripts of package.json."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.command import TOP, Commands
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.follower import files_named, joined
from tasker_ci.foreign.runners.mentions import names_cargo
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Call, Follower, Repository

_SHORT = {"test": "test", "t": "test", "tst": "test", "start": "start", "stop": "stop"}
_INSTALLS = {"ci", "install", "i", "add", "clean-install"}
_AT_INSTALL = ("preinstall", "install", "postinstall", "prepare")
_FOLDERS = {"--prefix", "-C", "--dir", "--cwd"}
_MANY = re.compile(r"--filter|-F|--workspaces?|-ws?|-r|--recursive")


@dataclass(kw_only=True)
class _Asked:
    folder: PurePosixPath | None
    words: list[str | None]
    many: bool = False


def package_script_called(call: Call, follower: Follower) -> Commands | None:
    """What a script of package.json runs; None where there is none."""
    asked = _asked(call)
    repository = follower.repository
    what = one_line(call.command.text, 60)
    if asked.folder is None or asked.many or None in asked.words[:2]:
        files = files_named(repository, "package.json")
        if any(names_cargo(repository.text(file) or "") for file in files):
            return call.opaque(f"`{what}` runs scripts of package.json that are not known")
        return Commands()
    file = _file(repository, asked.folder)
    if file is None:
        return None
    scripts = _scripts(repository, file)
    every = _names(call.name, [word for word in asked.words if word is not None])
    arguments = " ".join(
        word for word in _arguments(asked.words) if word is not None and re.fullmatch(r"\S+", word)
    )
    found: list[Commands] = []
    names = every if len(every) != 1 else [f"pre{every[0]}", every[0], f"post{every[0]}"]
    for own in names:
        text = scripts.get(own)
        if text is not None:
            place = Place(file, _line(repository.text(file) or "", own))
            script = Script(
                text=f"{text} {arguments}".strip() if [own] == every else text,
                place=place,
                around=call.around.in_folder(file.parent),
                exit_on_error=False,
            )
            found.append(follower.script(script, call))
    return joined(found, call.around)


def _asked(call: Call) -> _Asked:
    asked = _Asked(folder=call.around.folder, words=[])
    words = list(call.words)
    while words:
        word = words.pop(0)
        flag, equals, value = (word or "").partition("=")
        if word == "--":
            asked.words += words
            break
        if word is None or not word.startswith("-"):
            asked.words.append(word)
        elif flag in _FOLDERS:
            path = value if equals else (words.pop(0) if words else None)
            asked.folder = inside(path, asked.folder) if path else None
        elif _MANY.fullmatch(flag):
            asked.many = True
    return asked


def _names(program: str, words: list[str]) -> list[str]:
    if not words:
        return list(_AT_INSTALL) if program == "yarn" else []
    first = words[0]
    if first in {"run", "run-script", "rum"}:
        return words[1:2]
    if first in _INSTALLS:
        return list(_AT_INSTALL)
    if first in _SHORT:
        return [_SHORT[first]]
    return [first] if program != "npm" else []


def _arguments(words: list[str | None]) -> list[str | None]:
    begin = 2 if words[:1] and words[0] in {"run", "run-script", "rum"} else 1
    return [word for word in words[begin:] if word != "--"]


def _file(repository: Repository, folder: PurePosixPath) -> PurePosixPath | None:
    for around in (folder, *folder.parents):
        if repository.has(around / "package.json"):
            return around / "package.json"
        if around == TOP:
            break
    return None


def _scripts(repository: Repository, file: PurePosixPath) -> dict[str, str]:
    try:
        document: Any = json.loads(repository.text(file) or "")
    except (ValueError, RecursionError):
        return {}
    scripts = document.get("scripts") if isinstance(document, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: text for name, text in scripts.items() if isinstance(text, str)}


def _line(text: str, name: str) -> int:
    begin = max(text.find('"scripts"'), 0)
    at = text.find(f'"{name}"', begin)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1
