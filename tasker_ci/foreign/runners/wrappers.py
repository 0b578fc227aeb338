"""Programs that run another program with the same words: `sudo`, `timeout`, `nix develop -c`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class _Wrapper:
    values: str = ""
    """Flags that take a value of their own."""
    operands: int = 0
    """Words of its own before the program."""
    assignments: bool = False
    """Whether `A=b` may stand before the program."""


_WRAPPERS: Mapping[str, _Wrapper] = {
    "sudo": _Wrapper(
        values="-u --user -g --group -h --host -p --prompt -C -D --chdir -r -t -T",
        assignments=True,
    ),
    "doas": _Wrapper(values="-u -C"),
    "env": _Wrapper(values="-u --unset -C --chdir", assignments=True),
    "cross-env": _Wrapper(assignments=True),
    "timeout": _Wrapper(values="-k --kill-after -s --signal", operands=1),
    "gtimeout": _Wrapper(values="-k --kill-after -s --signal", operands=1),
    "nice": _Wrapper(values="-n --adjustment"),
    "ionice": _Wrapper(values="-c -n --class --classdata"),
    "nohup": _Wrapper(),
    "setsid": _Wrapper(),
    "stdbuf": _Wrapper(values="-i -o -e --input --output --error"),
    "unbuffer": _Wrapper(),
    "time": _Wrapper(values="-f -o --format --output"),
    "gtime": _Wrapper(values="-f -o --format --output"),
    "exec": _Wrapper(values="-a"),
    "command": _Wrapper(),
    "builtin": _Wrapper(),
    "caffeinate": _Wrapper(values="-t -w"),
    "arch": _Wrapper(),
    "taskset": _Wrapper(values="-p", operands=1),
    "numactl": _Wrapper(values="-N -m -C -i"),
    "chrt": _Wrapper(operands=1),
    "xvfb-run": _Wrapper(
        values="-e --error-file -f --auth-file -n --server-num -p --xauth-protocol -s"
        " --server-args -w --wait"
    ),
    "dbus-run-session": _Wrapper(values="--config-file --dbus-daemon"),
    "catchsegv": _Wrapper(),
    "faketime": _Wrapper(values="-f", operands=1),
    "strace": _Wrapper(values="-e -o -p -s"),
    "perf": _Wrapper(values="-e -o -F", operands=1),
    "retry": _Wrapper(values="-t -d -n --times --delay --tries --max --min -s --sleep"),
    "winpty": _Wrapper(),
    "wine": _Wrapper(),
    "wine64": _Wrapper(),
    "sccache": _Wrapper(),
    "chronic": _Wrapper(),
    "ts": _Wrapper(),
    "op": _Wrapper(operands=1),
    "dotenv": _Wrapper(values="-e -f --file"),
    "infisical": _Wrapper(operands=1),
    "doppler": _Wrapper(values="-p -c", operands=1),
}
_RUNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    # Programs with a subcommand, after whose own words or `--` the other program follows.
    "nix": (("develop",), ("shell",), ("run",)),
    "nix-shell": ((),),
    "direnv": (("exec",),),
    "devbox": (("run",),),
    "devenv": (("shell",),),
    "mise": (("exec",), ("x",)),
    "rtx": (("exec",), ("x",)),
    "asdf": (("exec",),),
    "pixi": (("run",), ("exec",)),
    "uv": (("run",),),
    "poetry": (("run",),),
    "pipenv": (("run",),),
    "pdm": (("run",),),
    "hatch": (("run",),),
    "conda": (("run",),),
    "micromamba": (("run",),),
    "bundle": (("exec",),),
    "rustup": (("run",),),
    "flox": (("activate",),),
    "systemd-run": ((),),
    "hyperfine": ((),),
}
_FLAG = re.compile(r"--?[A-Za-z]")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Unwrapped:
    """The inner command."""

    words: Words = ()
    variables: Mapping[str, str | None] | None = None
    text: str | None = None
    """A text for a shell in place of words."""


def unwrapped(words: Words) -> Unwrapped | None:
    """The command that a wrapper runs; None where it is no wrapper or runs nothing."""
    name = program_name(words)
    if name == "command" and words[1:2] in {("-v",), ("-V",)}:
        return None
    if name in _WRAPPERS:
        return _plain(_WRAPPERS[name], words[1:])
    for subcommand in _RUNS.get(name, ()):
        if words[1 : 1 + len(subcommand)] == subcommand:
            return _run(name, words[1 + len(subcommand) :])
    return None


def program_name(words: Words) -> str:
    """The name of the program without its folder; "" for one that is not known."""
    if not words or words[0] is None:
        return ""
    return re.split(r"[/\\]", words[0])[-1].removesuffix(".exe")


def _plain(wrapper: _Wrapper, words: Words) -> Unwrapped | None:
    values = wrapper.values.split()
    rest = list(words)
    variables: dict[str, str | None] = {}
    while rest and (rest[0] is not None or (wrapper.assignments and len(rest) > 1)):
        word = rest[0]
        if word is None:  # an assignment, or a flag
            rest = rest[1:]
            continue
        if word == "--":
            rest = rest[1:]
            break
        found = _ASSIGNMENT.fullmatch(word) if wrapper.assignments else None
        if found:
            variables[found[1]] = found[2]
        elif word.startswith("-") and len(word) > 1:
            rest = rest[1:] if word in values else rest
        else:
            break
        rest = rest[1:]
    rest = rest[wrapper.operands :]
    while wrapper.assignments and rest and (found := _ASSIGNMENT.fullmatch(rest[0] or "")):
        variables[found[1]] = found[2]
        rest = rest[1:]
    return Unwrapped(words=tuple(rest), variables=variables) if rest else None


def _run(name: str, words: Words) -> Unwrapped | None:
    for index, word in enumerate(words):
        if word in {"-c", "--command", "--run"}:
            rest = words[index + 1 :]
            if name == "nix-shell" or (len(rest) == 1 and name != "nix"):
                return Unwrapped(text=rest[0]) if rest and rest[0] is not None else None
            return Unwrapped(words=rest) if rest else None
        if word == "--":
            rest = words[index + 1 :]
            return Unwrapped(words=rest) if rest else None
    if name in {"nix", "nix-shell"}:
        return None
    rest = words
    if name == "rustup":  # `rustup run nightly cargo test`
        rest = tuple(word for word in rest if word != "--install")
        toolchain = f"+{rest[0]}" if rest and rest[0] is not None else None
        return Unwrapped(words=(*rest[1:2], toolchain, *rest[2:])) if rest[1:] else None
    if name in {"direnv", "mise", "rtx"}:  # `direnv exec . cargo test`
        while rest and rest[0] is not None and (_FLAG.match(rest[0]) or "@" in rest[0]):
            rest = rest[1:]
        rest = rest[1:] if name == "direnv" else rest
    while rest and rest[0] is not None and _FLAG.match(rest[0]):
        rest = rest[1:] if "=" in rest[0] or rest[0] in {"-q", "-v", "--quiet"} else rest[2:]
    return Unwrapped(words=rest) if rest else None
