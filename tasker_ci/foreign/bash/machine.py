"""What a shell finds of the machine: variables of the system, and what `uname` and rustc say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.unknown import UNKNOWN

if TYPE_CHECKING:
    from tasker_ci.foreign.github.job_run import Machine


_OF_THE_RUNNER = ("GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "LC_", "XDG_", "JAVA_HOME", "BASH")
_OF_THE_SYSTEM = frozenset(
    [
        "HOME",
        "PATH",
        "USER",
        "LOGNAME",
        "SHELL",
        "HOSTNAME",
        "HOSTTYPE",
        "MACHTYPE",
        "LANG",
        "TMPDIR",
        "TEMP",
        "TMP",
        "TERM",
        "RANDOM",
        "SECONDS",
        "UID",
        "EUID",
        "PPID",
        "LINENO",
        "OLDPWD",
        "COLUMNS",
        "EDITOR",
        "DISPLAY",
        "SHLVL",
        "PIPESTATUS",
        "FUNCNAME",
        "REPLY",
        "OPTARG",
        "OPTIND",
        "ImageOS",
        "ImageVersion",
        "PROCESSOR_ARCHITECTURE",
        "NUMBER_OF_PROCESSORS",
        "VIRTUAL_ENV",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "APPDATA",
        "LOCALAPPDATA",
        "USERPROFILE",
        "AGENT_TOOLSDIRECTORY",
        "ANDROID_HOME",
        "GOPATH",
    ]
)
_OF_TOOLCHAIN = ("CARGO_", "RUST", "NEXTEST_", "CROSS_")
_OSTYPE = {"Linux": "linux-gnu", "macOS": "darwin23", "Windows": "msys"}
UNAME = {"Linux": "Linux", "macOS": "Darwin", "Windows": "MINGW64_NT-10.0"}
_HOSTS = {
    ("Linux", "X64"): "x86_64-unknown-linux-gnu",
    ("Linux", "ARM64"): "aarch64-unknown-linux-gnu",
    ("macOS", "X64"): "x86_64-apple-darwin",
    ("macOS", "ARM64"): "aarch64-apple-darwin",
    ("Windows", "X64"): "x86_64-pc-windows-msvc",
    ("Windows", "ARM64"): "aarch64-pc-windows-msvc",
}
_ASKS_HOST = re.compile(
    r"^\s*rustc\s+(?:\+\S+\s+)?(?:-vV|-Vv|--version --verbose|--print host-tuple)\b"
)


def host_of(command: str, machine: Machine) -> str:
    """The target of the machine, if a command asks rustc for it: `rustc -vV | sed … host …`."""
    asks = _ASKS_HOST.match(command) and "host" in command and "release" not in command
    if not asks or machine.container:
        return UNKNOWN
    return _HOSTS.get((machine.system or "", machine.architecture or ""), UNKNOWN)


def given_variables(machine: Machine) -> dict[str, str]:
    """The variables whose values the machine decides."""
    system = machine.system
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "RUNNER_OS": system or UNKNOWN,
        "RUNNER_ARCH": machine.architecture or UNKNOWN,
        "OSTYPE": _OSTYPE.get(system or "", UNKNOWN),
    }


def is_unknown(name: str, *, toolchain: bool) -> bool:
    """Whether a variable may have any value; ``toolchain`` for those of Rust too."""
    if name in _OF_THE_SYSTEM or name.startswith(_OF_THE_RUNNER):
        return True
    return toolchain and name.startswith(_OF_TOOLCHAIN)
