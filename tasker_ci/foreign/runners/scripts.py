"""Scripts of the repository: shell is read, other languages by what they say of cargo."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.command import Commands
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.follower import files_named
from tasker_ci.foreign.runners.mentions import (
    COMPILING,
    cargo_subcommands,
    may_run_tests,
    names_cargo,
    without_speech,
)
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from tasker_ci.foreign.runners.follower import Call, Follower

_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash"}
_INTERPRETERS = frozenset({
    "python", "python3", "python2", "node", "ruby", "perl", "deno", "bun", "pwsh", "powershell",
    "php", "lua", "Rscript", "tclsh", "expect", "nu", "fish", "elvish", "julia", "rust-script",
    "tsx", "ts-node", "awk",
})  # fmt: skip
_DOWNLOADED = re.compile(r"[<$]\(\s*(?:curl|wget)\b")
_SHEBANG = re.compile(
    r"#!\s*(?:\S*/)?env\s+(?:-S\s+)?(?P<env>\S+)(?P<envargs>.*)|#!\s*(?P<path>\S+)(?P<args>.*)"
)


def script_called(  # noqa: PLR0911 - a table
    call: Call, follower: Follower
) -> Commands | None:
    """`./ci/x.sh`, `bash x.sh`, `python x.py`; None where the program is another."""
    words = call.words
    if call.name in _SHELLS:
        flags, rest = _flags(words)
        if any(re.fullmatch(r"-[a-z]*c", flag) for flag in flags) and rest and rest[0] is not None:
            return _text(call, follower, flags, rest)
        if rest and rest[0] is None and _DOWNLOADED.search(call.command.text):
            return Commands()
        if rest and rest[0] is None:
            return call.opaque(
                f"`{one_line(call.command.text, 60)}` takes its script from a variable"
            )
        return _file(call, follower, rest, shell_flags=flags) if rest else None
    if call.name in _INTERPRETERS:
        _, rest = _flags(words)
        return _file(call, follower, rest) if rest and rest[0] is not None else None
    program = call.command.words[0]
    if program is None or ("/" not in program and "\\" not in program):
        return None
    return _file(call, follower, call.command.words)


def _text(
    call: Call, follower: Follower, flags: list[str], words: tuple[str | None, ...]
) -> Commands:
    """`sh -c TEXT`."""
    script = Script(
        text=words[0] or "",
        place=call.command.place,
        around=call.around,
        exit_on_error=any(re.fullmatch(r"-[a-z]*e[a-z]*", flag) for flag in flags),
        pipefail="pipefail" in flags,
        arguments=words[2:],
    )
    return follower.script(script, call)


def _flags(words: tuple[str | None, ...]) -> tuple[list[str], tuple[str | None, ...]]:
    flags: list[str] = []
    rest = words
    while rest and rest[0] is not None and rest[0][:1] in {"-", "+"} and rest[0] not in {"-", "--"}:
        flags.append(rest[0])
        takes = rest[0] in {"-o", "+o", "-O", "-m", "-W", "-I", "-r", "-eo", "-euo", "-xeo", "-exo"}
        if takes or re.fullmatch(r"-[a-z]*o", rest[0]):
            flags.extend(word for word in rest[1:2] if word is not None)
            rest = rest[1:]
        rest = rest[1:]
    return flags, rest


def _file(
    call: Call,
    follower: Follower,
    words: tuple[str | None, ...],
    shell_flags: list[str] | None = None,
) -> Commands | None:
    name = (words[0] or "").replace("\\", "/")
    path = inside(name, call.around.folder)
    repository = follower.repository
    if path is None:
        return _somewhere(call, follower, name)
    if not repository.has(path):
        return None
    text = repository.text(path)
    if text is None:
        return call.opaque(f"{path} cannot be read")
    shebang = _interpreter(text)
    if (
        shell_flags is None
        and (shebang is None or shebang[0] not in _SHELLS)
        and not (shebang is None and (path.suffix in {".sh", ".bash", ""} and _is_text(text)))
    ):
        return other_language(call, text, str(path))
    flags = [*(shebang[1] if shebang and shell_flags is None else []), *(shell_flags or ())]
    script = Script(
        text=text,
        place=Place(path, 1),
        around=call.around,
        exit_on_error=any(re.fullmatch(r"-[a-z]*e[a-z]*", flag) for flag in flags)
        or "errexit" in flags,
        pipefail="pipefail" in flags,
        arguments=words[1:],
        path=path,
    )
    return follower.script(script, call)


def _somewhere(call: Call, follower: Follower, name: str) -> Commands | None:
    """A script whose folder is not known: opaque if the repository has one of that name."""
    parts = [part for part in PurePosixPath(name).parts if part not in {"/", "..", "."}]
    if not parts or name.startswith("/"):
        return None
    found = [
        path
        for path in files_named(follower.repository, parts[-1])
        if path.parts[-len(parts) :] == tuple(parts)
    ]
    if not found:
        return None
    texts = [follower.repository.text(path) for path in found]
    if all(text is not None and not re.search(r"cargo|make|just|test", text) for text in texts):
        return Commands()
    return call.opaque(f"`{one_line(call.command.text, 60)}` runs in a folder that is not known")


def other_language(call: Call, text: str, name: str) -> Commands:
    """A program in a language that is not read."""
    if name.endswith(".rs"):
        text = text.partition("\n")[2]  # `cargo -Zscript` in the first line starts this very file
    text = without_speech(text)
    if not names_cargo(text):
        return Commands()
    subcommands = cargo_subcommands(text)
    if subcommands is None and not may_run_tests(text):
        return Commands()
    if subcommands is None:
        return call.opaque(f"{name} runs cargo itself")
    return Commands(
        commands=tuple(
            replace(call.command, words=("cargo", subcommand, None), parts=(), certain=False)
            for subcommand in sorted(subcommands & COMPILING)
        )
    )


def _interpreter(text: str) -> tuple[str, list[str]] | None:
    first = text.partition("\n")[0]
    found = _SHEBANG.match(first)
    if found is None:
        return None
    program = found["env"] or found["path"] or ""
    return program.rsplit("/", 1)[-1], (found["envargs"] or found["args"] or "").split()


def shell_of(text: str) -> list[str] | None:
    """The flags of the shell that the first line names; None for another program."""
    shebang = _interpreter(text)
    return shebang[1] if shebang is not None and shebang[0] in _SHELLS else None


def _is_text(text: str) -> bool:
    return "\0" not in text[:1000] and "�" not in text[:1000]
