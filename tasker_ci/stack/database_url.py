"""The URL of a PostgreSQL database in its parts, and the same URL with another port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from tasker_ci.errors import SettingsError
from tasker_ci.settings.file import SETTINGS_FILE

DEFAULT_PORT = 5432

_SCHEMES = frozenset({"postgres", "postgresql"})


@dataclass(frozen=True, kw_only=True)
class DatabaseUrl:
    """Who connects where, with everything decoded."""

    user: str
    password: str
    """Empty: none is asked for."""
    host: str
    port: int
    database: str

    @property
    def on_loopback(self) -> bool:
        """Whether it is a database of this machine, reached over TCP."""
        return is_loopback(self.host)


def read_database_url(text: str, *, variable: str) -> DatabaseUrl:
    """Read ``postgres://user:password@host:port/database``; ``variable`` is where it stood.

    Raises `SettingsError`, which never repeats the password.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    if not text.strip():
        raise SettingsError(
            f"{variable} is not set, so nobody knows which database is meant.",
            next_step=f"Set it, or give it a value in {SETTINGS_FILE}: [environment.variables] "
            f'{variable} = "postgres://user:password@127.0.0.1:5432/database"',
        )
    parts = _split(text, variable)
    if parts.scheme not in _SCHEMES:
        raise _unusable(variable, f"it begins with `{parts.scheme}:`" if parts.scheme else "")
    user = unquote(parts.username or "") or "postgres"
    return DatabaseUrl(
        user=user,
        password=unquote(parts.password or ""),
        host=unquote(parts.hostname or ""),
        port=DEFAULT_PORT if parts.port is None else parts.port,
        database=unquote(parts.path.removeprefix("/")) or user,
    )


def rewrite_url(url: str, port: int) -> str:
    """The same URL with another port; everything else stays as it was written.

    Raises `SettingsError` if it is no URL with a host.
    """
    parts = _split(url, "A URL")
    if not parts.hostname:
        raise _unusable("A URL", "it names no host")
    account, at, place = parts.netloc.rpartition("@")
    host = place[: place.index("]") + 1] if place.startswith("[") else place.partition(":")[0]
    return parts._replace(netloc=f"{account}{at}{host}:{port}").geturl()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine as seen by itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(text: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise _unusable(what, "its port or its address cannot be read") from error
    return parts


def _unusable(what: str, reason: str) -> SettingsError:
    because = f" ({reason})" if reason else ""
    return SettingsError(
        f"{what} is not a URL that can be used{because}.",
        next_step="A database is `postgres://user:password@127.0.0.1:5432/database`, "
        "a service `http://127.0.0.1:8080`.",
    )
