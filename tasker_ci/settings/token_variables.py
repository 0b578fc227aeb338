"""Which variables of this process are tokens, and which ones reach what a session runs.

One rule for tests, benchmarks, examples and services on both stacks: a token of the process goes to
nobody, unless the table or `environment.pass-on` names it.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_TOKEN = re.compile(
    r"(?:^|_)TOKENS?(?:_|$)|TOKEN$"
    r"|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL"
    r"|(?:API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|MASTER|DEPLOY|LICENSE)_?KEY"
    r"|_(?:KEY|KEYS|PASS|PWD|PAT|AUTH|COOKIE|BEARER|CONNECTION_STRING|AUTH_CONFIG)$"
    r"|^(?:KEY|PASS|AUTH)$"
    r"|^AWS_|^ACTIONS_|^SSH_AUTH_SOCK$|^SSH_AGENT_PID$|^GPG_AGENT_INFO$|WEBHOOK",
    re.IGNORECASE,
)
_NO_TOKEN = re.compile(r"PUBLIC_?KEY|^TASKER_CI_|^GIT_CONFIG_", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

SSH_AGENT = "SSH_AUTH_SOCK"
"""Where an SSH agent listens, of which cargo asks keys for a git repository."""

_OPENS_NOTHING = re.compile(
    r"^(?:AWS|ACTIONS)_(?!.*(?:TOKEN|SECRET|KEY|CREDENTIAL|PASSWORD))|^SSH_|^GPG_AGENT_INFO$"
    r"|_(?:FILE|PATH|DIR)$",
    re.IGNORECASE,
)
"""Withheld like tokens; their values (a region, a socket, a file's name) are no secrets."""

_FOR_CARGO = re.compile(
    r"CARGO_REGISTR(?:Y|IES_\w+)_(?:TOKEN|SECRET_KEY|CREDENTIAL_PROVIDER)"
    r"|CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS|CARGO_CREDENTIAL_ALIAS_\w+"
    rf"|{SSH_AGENT}"
)
"""https://doc.rust-lang.org/cargo/reference/registry-authentication.html"""

_GIT_CONFIGURATION = re.compile(r"GIT_CONFIG_(?:PARAMETERS|COUNT|(?:KEY|VALUE)_\d+)")
"""Git's configuration as variables, in which checkout actions keep an `Authorization` header."""

_GIT_SECRET = re.compile(r"authorization|://[^/@\s]+@|bearer ", re.IGNORECASE)

_FOR_SERVICES = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TEMP|TMP|TZ|TZDIR|LANG|LANGUAGE|LC_\w+"
    r"|(?:https?|ftp|all|no)_proxy|SSL_CERT_(?:FILE|DIR)|XDG_\w+"
    r"|LD_LIBRARY_PATH|DYLD_(?:FALLBACK_)?LIBRARY_PATH|LLVM_PROFILE_FILE"
    r"|RUST_(?:LOG|BACKTRACE|LIB_BACKTRACE|MIN_STACK)|NO_COLOR",
    re.IGNORECASE,
)
"""What a program needs of the machine; Compose gives a container no more, rather less."""


_FOR_BUILDS = re.compile(r"(?:CARGO|RUSTC|SCCACHE)_\w+|RUST(?:DOC)?FLAGS")
"""What the table and sessions set for compilations alone."""


def is_token(name: str) -> bool:
    """Whether the name of a variable says that its value opens something."""
    words = _CAMEL.sub("_", name)
    return bool(_TOKEN.search(words)) and not _NO_TOKEN.search(name)


def is_named(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of some patterns (``NAME``, ``AWS_*``) means a variable."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def cargo_tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """The tokens by which cargo fetches; tests get none of them."""
    return {name: value for name, value in environment.items() if _FOR_CARGO.fullmatch(name)}


def tokens(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that are tokens, those of git's configuration too if it holds one."""
    found = {name: value for name, value in environment.items() if is_token(name)}
    git = {name: value for name, value in environment.items() if _GIT_CONFIGURATION.fullmatch(name)}
    if any(_GIT_SECRET.search(value) for value in git.values()):
        found |= git  # all of it: git refuses a count with a value missing
    return found


def secret_values(environment: Mapping[str, str]) -> dict[str, str]:
    """The tokens whose values nobody may see."""
    return {
        name: value
        for name, value in tokens(environment).items()
        if not _OPENS_NOTHING.search(name)
    }


def without_tokens(
    environment: Mapping[str, str], *, named: Collection[str], passed: Iterable[str] = ()
) -> dict[str, str]:
    """An environment without its tokens, except those that are ``named`` or match ``passed``."""
    passed = tuple(passed)
    held = {
        name for name in tokens(environment) if name not in named and not is_named(name, passed)
    }
    return {name: value for name, value in environment.items() if name not in held}


def service_variables(
    environment: Mapping[str, str],
    process: Mapping[str, str],
    *,
    named: Collection[str],
    passed: Iterable[str] = (),
) -> dict[str, str]:
    """What a service gets of the ``environment`` of a run.

    That is what any program needs, what is ``named`` (the table) or matches ``passed``, and what
    the run itself has set, which is what differs from the ``process``.
    """
    passed = tuple(passed)
    return {
        name: value
        for name, value in environment.items()
        if is_named(name, passed)
        or (name in named and not _FOR_BUILDS.fullmatch(name))
        or (_FOR_SERVICES.fullmatch(name) and not is_token(name))
        or (process.get(name) != value and not _FOR_BUILDS.fullmatch(name))
    }
