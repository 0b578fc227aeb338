"""Programs that run the command behind them: ``sudo -E``, ``timeout 5m``, ``xvfb-run -a``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = tuple[str | None, ...]

_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>.*)", re.DOTALL)
_MOST = 8
"""So many programs may stand before one another."""


@dataclass(frozen=True, kw_only=True)
class _Wrapper:
    """How a program's own words end."""

    values: frozenset[str] = frozenset()
    """Options that have a value as the next word."""
    positions: int = 0
    """Words of its own that are no options."""
    begins_after: frozenset[str] = frozenset()
    """Options after which the command stands; without one of them it runs none."""
    assignments: bool = False
    subcommands: frozenset[str] = frozenset()
    """Its first word has to be one of these."""


def _wrapper(values: str = "", positions: int = 0, **more: object) -> _Wrapper:
    return _Wrapper(values=frozenset(values.split()), positions=positions, **more)  # type: ignore[arg-type]


_ENV = _wrapper("-u --unset -C --chdir", assignments=True)
_RUN = frozenset({"run"})
_WRAPPERS: Mapping[str, _Wrapper] = {
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --chdir", assignments=True
    ),
    "doas": _wrapper("-u -C", assignments=True),
    "env": _ENV,
    "time": _wrapper("-f -o --format --output"),
    "timeout": _wrapper("-k -s --kill-after --signal", 1),
    "gtimeout": _wrapper("-k -s --kill-after --signal", 1),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n --class --classdata"),
    "chrt": _wrapper("", 1),
    "taskset": _wrapper("", 1),
    "setarch": _wrapper("", 1),
    "numactl": _wrapper("-N -m -C --cpunodebind --membind"),
    "prlimit": _wrapper(),
    "setsid": _wrapper(),
    "nohup": _wrapper(),
    "exec": _wrapper("-a"),
    "command": _wrapper(),
    "builtin": _wrapper(),
    "catchsegv": _wrapper(),
    "chronic": _wrapper(),
    "ts": _wrapper(),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "unbuffer": _wrapper(),
    "faketime": _wrapper("-f", 1),
    "flock": _wrapper("-w -E --timeout --conflict-exit-code", 1),
    "strace": _wrapper("-o -e -E -s -p"),
    "valgrind": _wrapper(),
    "wine": _wrapper(),
    "firejail": _wrapper(),
    "unshare": _wrapper(),
    "fakeroot": _wrapper("-l -i -s -b"),
    "catatonit": _wrapper(),
    "tini": _wrapper("-p -e"),
    "retry": _wrapper("-t -d -m -n -s -i --times --delay --max --tries --sleep --backoff --until"),
    "xvfb-run": _wrapper("-e -f -n -p -s -w --error-file --auth-file --server-num --server-args"),
    "wlheadless-run": _wrapper("-c", begins_after=frozenset({"--"})),
    "xwfb-run": _wrapper("-c -s", begins_after=frozenset({"--"})),
    "dbus-run-session": _wrapper("--config-file --dbus-daemon"),
    "dbus-launch": _wrapper(),
    "mold": _wrapper(begins_after=frozenset({"-run", "--run"})),
    "nix": _wrapper(begins_after=frozenset({"-c", "--command"})),
    "op": _wrapper("--env-file", subcommands=_RUN),
    "doppler": _wrapper("-p -c --project --config", subcommands=_RUN),
    "dotenvx": _wrapper("-f --env-file", subcommands=_RUN),
    "dotenv": _wrapper("-f -e --file"),
    "poetry": _wrapper(subcommands=_RUN),
    "pipenv": _wrapper(subcommands=_RUN),
    "uv": _wrapper(
        "-p --python --with --group --extra --package --project --directory --env-file",
        subcommands=_RUN,
    ),
    "pixi": _wrapper("-e --environment --manifest-path", subcommands=_RUN),
    "devbox": _wrapper("-c --config -e --env", subcommands=_RUN),
    "mise": _wrapper(begins_after=frozenset({"--"}), subcommands=frozenset({"exec", "x"})),
    "direnv": _wrapper("", 1, subcommands=frozenset({"exec"})),
    "conda": _wrapper("-n -p --name --prefix", subcommands=_RUN),
    "micromamba": _wrapper("-n -p --name --prefix", subcommands=_RUN),
    "rustup": _wrapper("", 1, subcommands=_RUN),
}
_OWN_TEXT = {"script": ("-c", "--command"), "nix-shell": ("--run", "--command"), "su": ("-c",)}
"""Programs that are given a command as one word, which a shell would read."""


@dataclass(frozen=True, kw_only=True)
class Unwrapped:
    """A command without what wraps it."""

    words: Words
    variables: Mapping[str, str | None] = field(default_factory=dict)
    toolchain: str | None = None
    """What `rustup run` names."""
    folder: str | None = None
    """What `env -C` changes to."""
    unknown: bool = False
    """Whether the words of a wrapper hide where the command begins."""


def unwrapped(words: Words) -> Unwrapped:
    """Take off everything that runs the command behind it."""
    result = Unwrapped(words=words)
    for _ in range(_MOST):
        name = _name(result.words)
        if name in _OWN_TEXT:
            inner = _own_text(result.words, _OWN_TEXT[name])
            result = replace(result, words=inner) if inner else result
            if not inner:
                break
        elif name in _WRAPPERS:
            inner_result = _without(_WRAPPERS[name], name, result)
            if inner_result is None:
                break
            result = inner_result
        else:
            break
    return result


def program_name(word: str) -> str:
    """The name of a program without its folder and without ``.exe``."""
    return PurePosixPath(word.replace("\\", "/")).name.removesuffix(".exe")


def _name(words: Words) -> str:
    return program_name(words[0]) if words and words[0] else ""


def _own_text(words: Words, flags: tuple[str, ...]) -> Words:
    for place, word in enumerate(words[:-1]):
        text = words[place + 1]
        # Quotes and operators are a shell's business, and so read elsewhere.
        if word in flags and text and not set(text) & set("'\"$`;&|<>()\\\n"):
            return tuple(text.split())
    return ()


def _without(wrapper: _Wrapper, name: str, before: Unwrapped) -> Unwrapped | None:
    """The command behind one wrapper; None if it runs none."""
    rest = list(before.words[1:])
    if wrapper.subcommands and (not rest or rest.pop(0) not in wrapper.subcommands):
        return None
    if wrapper.begins_after:
        places = [place for place, word in enumerate(rest) if word in wrapper.begins_after]
        rest = rest[places[0] + 1 :] if places else []
        return replace(before, words=tuple(rest)) if rest else None
    if name == "command" and rest[:1] and str(rest[0])[:2] in {"-v", "-V"}:
        return None  # it says where a program is
    found, own = _Own(variables=dict(before.variables)), wrapper.positions
    while rest:
        word = rest[0]
        assignment = _ASSIGNMENT.fullmatch(word or "")
        if word is None and own == 0:
            return replace(before, words=(), unknown=True)
        if word == "--":
            rest.pop(0)
            if own == 0:
                break
        elif word is not None and word.startswith("-") and len(word) > 1:
            rest.pop(0)
            value = rest.pop(0) if word in wrapper.values and rest else None
            found.option(name, word, value)
        elif wrapper.assignments and assignment:
            rest.pop(0)
            found.variables[assignment["name"]] = assignment["value"]
        elif own:
            found.position = rest.pop(0)
            own -= 1
        else:
            break
    if not rest:
        return None
    return replace(
        before,
        words=tuple(rest),
        variables=found.variables,
        toolchain=found.position if name == "rustup" else before.toolchain,
        folder=found.folder or before.folder,
    )


@dataclass(kw_only=True)
class _Own:
    """What a wrapper's own words say."""

    variables: dict[str, str | None]
    position: str | None = None
    folder: str | None = None

    def option(self, name: str, word: str, value: str | None) -> None:
        if name != "env":
            return
        if word in {"-u", "--unset"} and value:
            self.variables.pop(value, None)
        elif word in {"-C", "--chdir"}:
            self.folder = value
        elif word.startswith("--chdir="):
            self.folder = word.removeprefix("--chdir=")
