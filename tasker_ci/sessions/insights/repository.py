"""Which repository, at which API: out of flags, the remote `origin`, and the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasker_ci.errors import UsageError
from tasker_ci.pipeline import ORCHESTRATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

GITHUB_API = "https://api.github.com"
TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_WORKFLOW = re.compile(r"(?:\.github/workflows/)?(?P<file>[A-Za-z0-9._-]+)")
_SSH = re.compile(r"(?:[^@/:]+@)?(?P<host>[A-Za-z0-9.-]+):(?!/)(?P<path>[^:]+)")
_TOKEN = re.compile(r"[!-~]+")
_HOSTS = {"github.com", "www.github.com", "ssh.github.com"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Where a remote of git lies. The URL itself may hold a password and is not kept."""

    host: str
    name: str
    """`owner/name`."""


def parse_remote(url: str) -> Remote | None:
    """Read the URL of a remote, in any of git's spellings; None for one that is no repository's."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    path = parts.path
    if "://" not in url:
        short = _SSH.fullmatch(url)
        if short is None:
            return None
        host, path = short["host"], short["path"]
    elif parts.scheme not in {"https", "http", "ssh", "git", "git+ssh"}:
        return None
    name = path.strip("/").removesuffix(".git")
    return Remote(host=host.lower(), name=name) if host and _NAME.fullmatch(name) else None


def checked_repository(text: str) -> str:
    """`owner/name` as GitHub allows it; raises `UsageError`."""
    if _NAME.fullmatch(text):
        return text
    raise UsageError(
        f"--repository takes OWNER/NAME, not {text!r}.", next_step="For example octocat/spoon."
    )


def checked_workflow(text: str) -> str:
    """The name of a workflow's file; raises `UsageError`."""
    found = _WORKFLOW.fullmatch(text)
    if found and found["file"].strip("."):
        return found["file"]
    raise UsageError(
        f"--workflow takes the name of a file, not {text!r}.",
        next_step=f"For example {ORCHESTRATOR}.",
    )


@dataclass(frozen=True, kw_only=True)
class Access:
    """The API and the token for it."""

    api: str
    token: str | None = field(repr=False)


def access(flag: str, host: str | None, environment: Mapping[str, str]) -> Access:
    """The API of ``flag``, of the environment of a job, or GitHub's own; raises `UsageError`.

    ``host`` is where the remote lies, None if it was not asked. An address is never guessed from
    it: the token would go to whoever that is.
    """
    api = (flag or environment.get("GITHUB_API_URL") or "").rstrip("/")
    if not api:
        if host and host not in _HOSTS:
            raise UsageError(
                f"The remote `origin` lies at {host}, not at GitHub.",
                next_step=f"If that is GitHub Enterprise: --api https://{host}/api/v3, "
                "else --repository OWNER/NAME.",
            )
        api = GITHUB_API
    token = _token(environment)
    try:
        parts = urlsplit(api)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        port_is_good = False
    good = port_is_good and parts.scheme in {"http", "https"} and bool(parts.hostname)
    if not good or parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "--api takes the address of an API, without a password and without a query.",
            next_step=f"For example {GITHUB_API} or https://github.example/api/v3.",
        )
    if token and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(
            f"The token is not sent to {parts.hostname} without encryption.",
            next_step="Name the API by https, or unset GITHUB_TOKEN and GH_TOKEN.",
        )
    return Access(api=api, token=token)


def _token(environment: Mapping[str, str]) -> str | None:
    for name in TOKEN_VARIABLES:
        token = environment.get(name, "").strip()
        if token and not _TOKEN.fullmatch(token):
            raise UsageError(
                f"{name} holds characters that no token has.", next_step="Set it anew, or unset it."
            )
        if token:
            return token
    return ""
