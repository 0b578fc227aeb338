"""The composite action `setup-env`: the environment table for every later step of a job.

It runs before Python is there, so it is a bash script that wants openssl and nothing else: the
frame is ``resources/setup_env.sh``, and the lines made here are put at its marks.
"""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tasker_ci.settings.environment import variables
from tasker_ci.workflows.github_environment import check_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.settings.load import LoadedSettings
    from tasker_ci.settings.model import Settings, Variable

FOLDER = ".github/actions/setup-env"
"""The folder of the action, which ``uses:`` names."""

ACTION = PurePosixPath(FOLDER) / "action.yml"
"""Where the action lies, relative to the project root."""

_MARK = "#: "


def setup_env_action(loaded: LoadedSettings) -> dict[str, Any]:
    """Return the action as plain data for YAML.

    A secret literal is not written into it, because it is a file that is committed: the sessions
    take such a value from the settings. Raises `SettingsError` for a variable that GitHub lets no
    step set, or that no environment can hold.
    """
    table = variables(loaded)
    check_table(table)
    return {
        "name": "setup-env",
        "description": "The environment of every session, with keys made for this job.",
        "inputs": {
            "sccache": {
                "description": "auto: compile through sccache if it answers; off: without it.",
                "required": False,
                "default": "auto",
            }
        },
        "runs": {
            "using": "composite",
            "steps": [
                {
                    "name": "Set the environment of the later steps",
                    "shell": "bash",
                    "env": {"INPUT_SCCACHE": "${{ inputs.sccache }}"},
                    "run": _script(table, loaded.settings),
                }
            ],
        },
    }


def shell_word(value: str) -> str:
    """``value`` as one bash word that stands on one line, without any ``${{`` in it.

    What cannot be printed is written as its bytes, so that neither YAML nor an editor changes it.
    """
    if value.isprintable():
        # GitHub reads `${{` in a script before bash does; between two strings there is nothing.
        return shlex.quote(value).replace("${{", "$''{{")
    return f"$'{''.join(map(_escaped, value))}'".replace("${{", "\\044{{")


def _escaped(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    if character == "\n":
        return "\\n"
    return "".join(f"\\{byte:03o}" for byte in character.encode())


def _script(table: Mapping[str, Variable], settings: Settings) -> str:
    keys = {name: row.generator for name, row in table.items() if row.generator}
    parts = {
        "given": _given(keys),
        "choices": _choices(settings),
        "literals": _literals(table, {"always", "ci", "github"}),
        "keys": _keys(keys),
        "sccache": _literals(table, {"sccache"}),
    }
    frame = resources.files("tasker_ci").joinpath("resources", "setup_env.sh")
    lines: list[str] = []
    for line in frame.read_text(encoding="utf-8").splitlines():
        text = line.lstrip()
        if text.startswith(_MARK):
            indent = line.removesuffix(text)
            lines += (indent + part for part in parts.pop(text.removeprefix(_MARK)))
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _given(keys: Iterable[str]) -> Iterator[str]:
    """The keys that the job has become the script's arguments, which share no name with any."""
    if keys:
        yield "set -- " + " ".join(f'"${{{name}-}}"' for name in keys)


def _choices(settings: Settings) -> Iterator[str]:
    if settings.workspace != ".":
        yield f"workspace={shell_word(settings.workspace)}"
    if settings.sccache == "off":
        yield "sccache=off # the setting"


def _literals(table: Mapping[str, Variable], applies: set[str]) -> Iterator[str]:
    for name, row in table.items():
        if row.generator or row.applies not in applies:
            continue
        if row.secret:
            yield f"is_given {name} || note '{name}: secret, sessions take it from the settings'"
        else:
            yield f"literal {name} {shell_word(row.value)}"


def _keys(keys: Mapping[str, str]) -> Iterator[str]:
    """Like `settings.environment`: a key that the job has is completed, never contradicted."""
    given = {name: f'"${{{number}}}"' for number, name in enumerate(keys, start=1)}
    names = {generator: name for name, generator in keys.items()}
    pair = [names.get(f"rsa-{half}-key", "") for half in ("private", "public")]
    if any(pair):
        private, public = (given.get(name, "''") for name in pair)
        yield f"make_pair {pair[0] or pair[1]} {private} {public}"
    for name, generator in keys.items():
        if generator == "api-key":
            yield f"api_key {name} {given[name]}"
        else:
            made = "private" if generator == "rsa-private-key" else "public"
            yield f'key {name} {given[name]} "${made}"'
