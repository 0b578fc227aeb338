"""What a command installs, and which toolchain it makes the default."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import UNKNOWN

if TYPE_CHECKING:
    from tasker_ci.foreign.bash.state import State
    from tasker_ci.foreign.command import Command

_SUDO = {"sudo", "env", "nohup", "retry", "command"}
_INSTALLERS = frozenset(
    [
        "apt",
        "apt-get",
        "brew",
        "choco",
        "scoop",
        "winget",
        "dnf",
        "yum",
        "apk",
        "pacman",
        "pip",
        "pip3",
        "pipx",
        "npm",
        "yarn",
        "pnpm",
        "go",
        "gem",
        "uv",
        "conda",
        "snap",
        "zypper",
        "nix-env",
        "eget",
    ]
)
_FETCHERS = frozenset(["curl", "wget", "gh", "git", "tar", "unzip", "mv", "cp", "install", "chmod"])
_VALUES = frozenset(
    [
        "--version",
        "--git",
        "--branch",
        "--tag",
        "--rev",
        "--path",
        "--root",
        "--target",
        "--features",
        "--index",
        "--registry",
        "--profile",
        "-j",
        "--jobs",
        "--target-dir",
        "--vers",
        "-F",
        "--config",
        "-Z",
        "--strategies",
        "--toolchain",
        "-c",
        "--component",
        "-t",
        "--default-toolchain",
        "--default-host",
    ]
)
_VERBS = frozenset({"install", "add", "i", "-S", "-Sy", "-Syu", "-i", "-iA"})
_PROGRAMS = {  # crates whose program has another name, or that bring several
    "cargo-nextest": ("cargo-nextest",),
    "cross": ("cross",),
    "just": ("just",),
    "cargo-make": ("cargo-make", "makers"),
    "clippy": ("clippy",),
}


def installed_by(state: State, command: Command) -> None:
    """Change the state by what a command installs."""
    words = list(command.words)
    while words and (words[0] in _SUDO or (words[0] or "").startswith("-")):
        words.pop(0)
    if not words or words[0] is None:
        return
    name = words[0].rsplit("/", 1)[-1].removesuffix(".exe")
    if name == "rustup":
        _rustup(state, words[1:], certain=command.certain)
    elif "rustup" in command.text and name in {"rustup-init", "rustup-init.sh", "sh", "bash"}:
        _first_toolchain(state, words[1:], certain=command.certain)
    elif name == "cargo":
        rest = (
            words[2:] if (words[1:2] or [None])[0] and str(words[1]).startswith("+") else words[1:]
        )
        if rest[:1] and rest[0] in {"install", "binstall", "quickinstall"}:
            _add(state, _arguments(rest[1:]))
    elif name == "cargo-binstall":
        _add(state, _arguments(words[1:]))
    elif name in _INSTALLERS:
        _add(state, _named(words[1:]))
    elif name in _FETCHERS:
        _fetched(state, command)


def _named(words: list[str | None]) -> list[str]:
    """What stands behind `install`."""
    for index, word in enumerate(words):
        if word in _VERBS:
            return _arguments(words[index + 1 :])
    return []


def _fetched(state: State, command: Command) -> None:
    """Programs that are fetched by hand: those that the words name."""
    if "sh.rustup.rs" in command.text:
        behind = next((each for each in command.piped_to if each[:1] in {("sh",), ("bash",)}), ())
        _first_toolchain(state, list(behind), certain=command.certain)
    _add(state, sorted(set(re.findall(r"cargo-[a-z]+(?:-[a-z]+)*", command.text))))
    if "nexte.st" in command.text:
        _add(state, ["cargo-nextest"])


def _rustup(state: State, words: list[str | None], *, certain: bool) -> None:
    known = [UNKNOWN if word is None else word for word in words]
    match known:
        case ["default", *rest] | ["override", "set", *rest]:
            arguments = _arguments(list(words[1:] if known[0] == "default" else words[2:]))
            name = arguments[0] if arguments else UNKNOWN
            value = None if name == UNKNOWN or not certain else name
            if not rest:
                return
            if known[0] == "default":
                state.change(default_toolchain=value)
            else:
                state.change(override_toolchain=value)
        case ["override", "unset", *_]:
            state.change(override_toolchain="")
        case ["toolchain", "install" | "add" | "update", *_] | ["update" | "install", *_]:
            begin = 2 if known[0] == "toolchain" else 1
            _components(state, known[begin:])
            _add(state, [f"toolchain:{each}" for each in _arguments(list(words[begin:]))])
        case ["component" | "target", "add", *_]:
            _add(state, _arguments(list(words[2:])))


def _first_toolchain(state: State, words: list[str | None], *, certain: bool) -> None:
    known = [UNKNOWN if word is None else word for word in words]
    _components(state, known)
    for index, word in enumerate(known):
        flag, _, value = word.partition("=")
        if flag == "--default-toolchain":
            value = value or (known[index + 1] if index + 1 < len(known) else UNKNOWN)
            if value != "none":
                state.change(default_toolchain=value if certain and value != UNKNOWN else None)


def _components(state: State, words: list[str]) -> None:
    found: list[str] = []
    for index, word in enumerate(words):
        flag, _, value = word.partition("=")
        if flag in {"--component", "-c", "--target", "-t"}:
            value = value or (words[index + 1] if index + 1 < len(words) else "")
            found.extend(value.split(","))
    _add(state, found)


def _arguments(words: list[str | None]) -> list[str]:
    """The words that are no flag and no flag's value; UNKNOWN for one that is not known."""
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word is None:
            found.append(UNKNOWN)
        elif word.startswith("-"):
            skip = word in _VALUES
        else:
            found.append(word)
    return found


def _add(state: State, names: list[str]) -> None:
    found: set[str] = set()
    for name in names:
        plain = re.split(r"[@=]", name, maxsplit=1)[0].rsplit("/", 1)[-1]
        found.update(_PROGRAMS.get(plain, (plain,)))
    unknown = UNKNOWN in "".join(found)
    found = {each for each in found if each and UNKNOWN not in each}
    around = state.around
    if found - around.installed or (unknown and around.installed_all_known):
        state.change(
            installed=around.installed | found,
            installed_all_known=around.installed_all_known and not unknown,
        )
