"""What the body of a recipe of just runs: line for line, or as one script."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.unknown import UNKNOWN, is_known, known
from tasker_ci.foreign.command import Commands, ExitCode
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.just_expressions import Values, evaluated
from tasker_ci.foreign.runners.paths import inside
from tasker_ci.foreign.runners.scripts import other_language, shell_of

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.runners.follower import Call, Follower
    from tasker_ci.foreign.runners.just_command_line import Asked
    from tasker_ci.foreign.runners.justfile import Justfile, Recipe

_SYSTEMS = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}


class JustRun(Values, Protocol):
    """What a body asks of the run of just that it is a part of."""

    justfile: Justfile
    follower: Follower
    call: Call
    asked: Asked
    arguments: dict[str, str]
    """Of the present recipe, by the names of its parameters."""

    def interpolated(self, text: str) -> str:
        """A line with what stands in braces."""


def _around(run: JustRun, recipe: Recipe) -> Surroundings:
    around = run.call.around
    folder: PurePosixPath | None = recipe.file.parent if run.asked.folder else None
    if run.asked.file and run.asked.folder != around.folder:
        folder = run.asked.folder
    if "no-cd" in recipe.attributes:
        folder = around.folder
    for given in (
        run.justfile.settings.get("working-directory"),
        recipe.attributes.get("working-directory"),
    ):
        if given:
            text = evaluated(given, run)
            folder = inside(text, recipe.file.parent) if is_known(text) else None
    variables = {**_dotenv(run)}
    for name in run.justfile.variables:
        if name in run.justfile.exported or _is_set(run, "export"):
            variables[name] = known(run.variable(name))
    for parameter in recipe.parameters:
        if parameter.exported or _is_set(run, "export"):
            variables[parameter.name] = known(run.arguments.get(parameter.name, UNKNOWN))
    return around.in_folder(folder).with_variables(variables)


def _is_set(run: JustRun, name: str) -> bool:
    return run.justfile.settings.get(name, "false") == "true"


def _dotenv(run: JustRun) -> dict[str, str | None]:
    if not _is_set(run, "dotenv-load"):
        return {}
    text = run.follower.repository.text(run.justfile.path.parent / ".env") or ""
    lines = re.findall(r"^(?:export\s+)?([A-Za-z_]\w*)=(.*)$", text, re.MULTILINE)
    around = run.call.around.variables
    return {name: value.strip("\"' ") for name, value in lines if name not in around}


def body_of(run: JustRun, recipe: Recipe, words: list[str]) -> list[Commands]:
    """What the lines of a recipe run, called with these words."""
    lines = recipe.body
    while lines and not lines[-1][1].strip():
        lines = lines[:-1]
    if not lines:
        return []
    call = run.call
    if fits(recipe, call.around.run.machine.system) is None:
        call = replace(call, command=replace(call.command, certain=False))
    indent = len(lines[0][1]) - len(lines[0][1].lstrip())
    texts = [(number, line[indent:] if line.strip() else "") for number, line in lines]
    arguments = tuple(known(each) for each in words)
    if not _is_set(run, "positional-arguments") and "positional-arguments" not in (
        recipe.attributes
    ):
        arguments = ()
    around = _around(run, recipe)
    if texts[0][1].startswith("#!") or "script" in recipe.attributes:
        return [_whole(run, recipe, call, texts, around, arguments)]
    shell = " ".join(_strings(run.justfile.settings.get("shell", "")))
    found: list[Commands] = []
    for number, text in _joined_lines(texts):
        line = text.lstrip("@-")
        if line.startswith("#") and _is_set(run, "ignore-comments"):
            continue
        script = Script(
            text=run.interpolated(line),
            place=Place(recipe.file, number),
            around=around,
            exit_on_error=bool(re.search(r"\s-[a-z]*e[a-z]*\b", shell)),
            pipefail="pipefail" in shell,
            arguments=arguments,
        )
        inner = call
        prefix = text[: len(text) - len(line)]
        if "-" in prefix and call.command.exit_code is ExitCode.COUNTS:
            inner = replace(call, command=replace(call.command, exit_code=ExitCode.IGNORED))
        found.append(run.follower.script(script, inner))
    return found


def _whole(
    run: JustRun,
    recipe: Recipe,
    call: Call,
    texts: list[tuple[int, str]],
    around: Surroundings,
    arguments: tuple[str | None, ...],
) -> Commands:
    """A recipe that is one script."""
    text = run.interpolated("\n".join(line for _, line in texts))
    flags = shell_of(text)
    if "script" in recipe.attributes and not text.startswith("#!"):
        given = " ".join(_strings(recipe.attributes["script"])) or "sh -eu"
        flags = shell_of(f"#!/usr/bin/env {given}\n")
    if flags is None:
        return other_language(call, text, f"the recipe {recipe.name}")
    script = Script(
        text=text,
        place=Place(recipe.file, texts[0][0]),
        around=around,
        exit_on_error=any(re.fullmatch(r"-[a-z]*e[a-z]*", flag) for flag in flags),
        pipefail="pipefail" in flags,
        arguments=arguments,
    )
    return run.follower.script(script, call)


def fits(recipe: Recipe, system: str | None) -> bool | None:
    """Whether a recipe is one of a system; None where the system is not known."""
    named = {
        name
        for name in recipe.attributes
        if name in {*_SYSTEMS, "unix", "openbsd", "freebsd", "netbsd"}
    }
    if not named:
        return True
    if system is None:
        return None
    return any(
        _SYSTEMS.get(name) == system or (name == "unix" and system != "Windows") for name in named
    )


def _strings(text: str) -> list[str]:
    return [one or other for one, other in re.findall(r"'([^']*)'|\"([^\"]*)\"", text)]


def _joined_lines(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines with those that continue them."""
    found: list[tuple[int, str]] = []
    for number, line in lines:
        if found and found[-1][1].endswith("\\"):
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line.lstrip()}")
        elif line.strip():
            found.append((number, line))
    return found
