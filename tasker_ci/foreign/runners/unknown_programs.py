"""Programs that nothing of the repository stands behind."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.bash.unknown import UNKNOWN
from tasker_ci.foreign.command import Commands
from tasker_ci.foreign.runners.follower import files_named
from tasker_ci.foreign.runners.programs import packages, program_literals

if TYPE_CHECKING:
    from tasker_ci.foreign.runners.follower import Call, Follower
    from tasker_ci.foreign.runners.wrappers import Words

HARMLESS = frozenset({
    "[", "[[", "7z", "addgroup", "adduser", "alias", "apk", "apt", "apt-get", "awk", "aws", "az",
    "base64", "basename", "bat", "bc", "brew", "cat", "chgrp", "chmod", "choco", "chown", "cmp",
    "codesign", "colordiff", "comm", "corepack", "cp", "createdb", "curl", "cut", "date", "dd",
    "df", "diff", "dirname", "dnf", "dpkg", "du", "echo", "expr", "false", "file", "find", "free",
    "gcloud", "gh", "git", "gpg", "grep", "groups", "gunzip", "gzip", "head", "hostname", "id",
    "install", "ip", "jq", "kill", "ldconfig", "less", "ln", "locale-gen", "ls", "lsof", "md5sum",
    "mkdir", "mktemp", "mv", "mysql", "mysqladmin", "nproc", "openssl", "pacman", "patch",
    "pg_isready", "pip", "pip3", "pkill", "printenv", "printf", "ps", "psql", "pwd", "readlink",
    "realpath", "rg", "rm", "rmdir", "rsync", "rustc", "rustfmt", "rustup", "scp", "sed", "seq",
    "sha1sum", "sha256sum", "shasum", "shellcheck", "sleep", "snap", "sort", "split", "sqlite3",
    "sqlx", "ssh-add", "ssh-keyscan", "stat", "strip", "sysctl", "systemctl", "tail", "tar", "tee",
    "test", "touch", "tr", "tree", "true", "uname", "uniq", "unzip", "vcpkg", "wc", "wget", "which",
    "whoami", "winget", "xcode-select", "xz", "yes", "yq", "yum", "zip", "zstd", "zypper",
})  # fmt: skip
"""They run nothing of the workspace, whatever their words are."""

_TESTING = frozenset({"test", "nextest", "t", "cargo", "bench"})
_OF_CARGO = frozenset(
    {"--", "--locked", "--offline", "--frozen", "--quiet", "--verbose", "--color", "--config"}
)
_ANY = "run|runner|tests?|exec|make|just|tools?|script|prog|program|args?|tasks?"
_SUSPICIOUS = re.compile(
    rf"(?i)cargo|cmd|command|\$\{{\{{|^\W*[@*0-9]|(?:^|[\W_])(?:{_ANY})(?:$|[\W_])"
)
"""Names of variables that may hold any program; `$CURL` is another kind."""
_ONE_DASH = re.compile(r"-(?![CZjpFqv])[a-z]{3}")
"""`-color`: a long option with one dash, which cargo, make and just do not have."""
_RUNNERS = frozenset({"cargo", "cross", "make", "just", "cargo-nextest"})


def unknown_program(call: Call, follower: Follower) -> Commands | None:
    """The last word on a command: None for one that runs no tests."""
    words = call.command.words
    if not call.name:
        return _unnamed(call, follower)
    if call.name in {*HARMLESS, *_RUNNERS} or call.name.startswith("cargo-"):
        return None  # `cargo install cross` is no call of cross
    if _is_built(words[0] or ""):
        package = next(
            (
                each
                for each in packages(follower.repository)
                if call.name in {each.name, *each.programs}
            ),
            None,
        )
        return program_literals(call, follower.repository, package, words[1:])
    for index, word in enumerate(words[1:], 1):
        if word in _RUNNERS and _may_begin(words[index:]):  # a wrapper that nobody has heard of
            command = replace(call.command, words=words[index:])
            return follower.words(command.words, call, call.command.place, call.around)
    return None


def _may_begin(words: Words) -> bool:
    """Whether words that begin with a runner may be a call of it, and no value: `-c cargo -c x`.

    The plugin wants its own name first, whoever starts it: `cargo-nextest nextest run`.
    """
    if words[0] == "cargo-nextest":
        return words[1:2] in {("nextest",), (None,)}
    after = words[1] if words[1:] else ""
    if after is None:
        return True
    of_cargo = after.partition("=")[0] in {*_OF_CARGO, "-v", "-vv", "-q", "-C", "-Z"}
    return words[0] != "cargo" or (bool(after) and (not after.startswith("-") or of_cargo))


def _unnamed(call: Call, follower: Follower) -> Commands | None:
    """A command whose program is not known."""
    words = call.command.words
    if not words:
        return None
    known = {word for word in words[1:] if word is not None}
    part = call.command.part(0)
    name = re.split(r"[/\\]", part)[-1]
    if name.strip(UNKNOWN) and not _RUNNERS & {*re.split(r"[^a-z]+", name)}:
        # What is known of it often tells enough: `$HOME/.cargo/bin/tool`.
        package = next(
            (each for each in packages(follower.repository) if name in {each.name, *each.programs}),
            None,
        )
        if package is not None:
            return program_literals(call, follower.repository, package, words[1:]) or Commands()
        if not files_named(follower.repository, name):
            return Commands()
    variable = next(
        (word for word in call.command.text.split() if word.strip("\"'").startswith(("$", "{{"))),
        "",
    )
    named = re.match(r"\W*\$\{?[A-Za-z_]", variable)
    harmless = named is not None and not _SUSPICIOUS.search(variable)
    if (harmless or _tells(words[1] if words[1:] else None)) and not _TESTING & known:
        return Commands()  # `$CURL --silent`, `$CARGO build`: not one that runs tests
    return call.opaque(f"`{one_line(call.command.text, 60)}` takes its program from a variable")


def _tells(word: str | None) -> bool:
    """Whether the first argument tells that a program, even cargo, runs no tests."""
    if word is None or word in {"run", "exec", "x"}:
        return False
    if word.startswith(("-", "+")):
        long = word.startswith("--") and word.partition("=")[0] not in _OF_CARGO
        return long or _ONE_DASH.match(word) is not None
    return True


def _is_built(program: str) -> bool:
    parts = PurePosixPath(program.replace("\\", "/")).parts
    return "target" in parts or {"debug", "release"} & {*parts} != set()
