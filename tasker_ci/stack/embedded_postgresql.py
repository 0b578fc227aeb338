"""A PostgreSQL server of our own for one run: made, started, made ready, removed."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import ServiceFailed, UnsafePlace
from tasker_ci.process.command import Command, Output
from tasker_ci.stack.log_files import last_lines
from tasker_ci.stack.postgresql_folder import give, make_place, open_to_all, place_of
from tasker_ci.text.file_writing import PRIVATE, open_file, write_file
from tasker_ci.text.masking import NO_SECRETS, Secrets

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tasker_ci.process.command import Account, Runner
    from tasker_ci.stack.database_url import DatabaseUrl
    from tasker_ci.stack.native_parts import NativeParts

INITDB_SECONDS = 60.0
SQL_SECONDS = 60.0

_LOOK_SECONDS = 0.02
_SHOWN_LINES = 15
_BUILTIN_LOCALE_SINCE = 17
_NOT_NEEDED = ("include", "pkgconfig", "*.a")

SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    # No Unix socket: its path may have 107 bytes, and a run folder often has more.
    "unix_socket_directories": "",
    "max_connections": "200",
    # What is lost in a crash was for a test.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # In the data folder, not in /dev/shm, which is small in containers and outlives a SIGKILL.
    "dynamic_shared_memory_type": "mmap",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
"""How a server for tests is set."""


@dataclass(frozen=True, kw_only=True)
class EmbeddedPostgreSQL:
    """One server; nothing has happened yet when this is made."""

    service: str
    """What the settings call it."""
    folder: Path
    """The run folder."""
    url: DatabaseUrl
    """Who may connect, to which database, on which port."""
    parts: NativeParts
    log: Path
    environment: Mapping[str, str]
    """For PostgreSQL's programs: what marks them as ours, and hardly more."""
    runner: Runner
    temporary: Path
    """Where the server's folder lies if another user has to own it."""
    secrets: Secrets = NO_SECRETS
    """What nobody may see: it is hidden in the log."""
    account: Account | None
    """That user; None: we are not root."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return place_of(self.folder) / "data"

    def initialize(self) -> None:
        """Make the data directory; the role of the URL is its superuser.

        Raises `ServiceFailed`.
        """
        try:
            place = make_place(self.folder, self.account, self.temporary)
            password = place / "password"
            if self.url.password:
                write_file(password, f"{self.url.password}\n", mode=PRIVATE)
                give(password, self.account)
            self._copy_programs(place)
        except OSError as error:
            raise ServiceFailed(
                f"PostgreSQL has no folder for its data: {error.strerror or error} "
                f"({error.filename or self.folder}).",
                service=self.service,
                next_step="Make room, or set TMPDIR to a folder that every user may enter.",
            ) from error
        command = self._command(*self._initdb(password))
        # Shielded, it takes a second: a server that a signal ends in the middle of this leaves its
        # shared memory behind, and `initdb` removes the folder that would tell which one that is.
        answer = self.runner.run(
            command, output=Output.CAPTURE_BOTH, timeout=INITDB_SECONDS, shielded=True
        )
        password.unlink(missing_ok=True)
        if answer.exit_code:
            text = "\n".join(
                self.secrets.hidden_lines((answer.stdout + answer.stderr).splitlines())
            )
            within = self.folder.parents[2]
            with (
                suppress(OSError, UnsafePlace),
                open_file(self.log, within=within, append=True, mode=PRIVATE) as log,
            ):
                log.write(text.encode("utf-8", "backslashreplace") + b"\n")
            raise self._failed("initdb failed", text.splitlines())

    def command(self) -> Command:
        """The command of the server itself, which stays in the foreground."""
        arguments = ["-D", str(self.data), "-c", f"port={self.url.port}"]
        for name, value in SERVER_SETTINGS.items():
            arguments += ["-c", f"{name}={value}"]
        return self._command("postgres", *arguments)

    def wait(
        self,
        process: subprocess.Popen[bytes],
        *,
        seconds: float,
        finish_log: Callable[[], None] = lambda: None,
    ) -> None:
        """Return when the server answers; raises `ServiceFailed` with the end of its log.

        ``finish_log`` waits for the log of a server that has ended.
        """
        deadline = time.monotonic() + seconds
        while not _is_ready(self.data, process.pid):
            if process.poll() is not None:
                finish_log()
                reason = f"it ended with exit code {process.returncode}"
                raise self._failed(reason, last_lines(self.log, _SHOWN_LINES).splitlines())
            if time.monotonic() >= deadline:
                reason = f"it does not answer after {seconds:g} s"
                raise self._failed(reason, last_lines(self.log, _SHOWN_LINES).splitlines())
            self.runner.cancellation.pause(_LOOK_SECONDS)

    def create_database(self) -> None:
        """Create the database of the URL and load PGMQ into it; raises `ServiceFailed`."""
        if self.url.database not in {"postgres", "template1"}:
            name, owner = (_quoted(word) for word in (self.url.database, self.url.user))
            self._psql("postgres", "-c", f"CREATE DATABASE {name} OWNER {owner}")
        if self.parts.pgmq is not None:
            self._psql(self.url.database, "-f", str(self.parts.pgmq))

    def _initdb(self, password: Path) -> Iterable[str]:
        yield from ("initdb", "-D", str(self.data), "--username", self.url.user)
        if self.url.password:
            yield from ("--pwfile", str(password), "--auth", "scram-sha-256")
        else:
            yield from ("--auth", "trust")
        # No clean-up of its own: the pid file tells which shared memory a killed server has left.
        yield from ("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-clean")
        if self._version() >= _BUILTIN_LOCALE_SINCE:  # upper() of more than ASCII, on every system
            yield from ("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8")

    def _version(self) -> int:
        command = self._command("postgres", "--version")
        answer = self.runner.run(command, output=Output.CAPTURE, timeout=SQL_SECONDS)
        words = answer.stdout.partition(")")[2].split()
        if answer.exit_code or not words:
            raise self._failed("`postgres --version` fails", answer.stderr.splitlines())
        return int(words[0].split(".")[0])

    def _psql(self, database: str, *arguments: str) -> None:
        command = Command(
            argv=(
                str(self._program("psql")),
                *("--no-psqlrc", "--quiet", "--no-password", "--set", "ON_ERROR_STOP=1"),
                *("--host", "127.0.0.1", "--port", str(self.url.port)),
                *("--username", self.url.user, "--dbname", _as_name(database)),
                *arguments,
            ),
            cwd=place_of(self.folder),
            environment={
                **self.environment,
                "PGPASSWORD": self.url.password,
                "PGOPTIONS": "-c client_min_messages=warning",
            },
        )
        answer = self.runner.run(command, output=Output.CAPTURE, timeout=SQL_SECONDS)
        if answer.exit_code:
            what = "PGMQ cannot be loaded" if "-f" in arguments else "the database is not created"
            raise self._failed(what, answer.stderr.splitlines())

    def _program(self, name: str) -> Path:
        copy = place_of(self.folder) / "install"
        if self.parts.wheel is not None and copy.is_dir():
            return copy / self.parts.programs.relative_to(self.parts.wheel) / name
        return self.parts.programs / name

    def _command(self, name: str, *arguments: str) -> Command:
        return Command(
            argv=(str(self._program(name)), *arguments),
            cwd=place_of(self.folder),
            environment=self.environment,
            account=self.account,
        )

    def _copy_programs(self, place: Path) -> None:
        """Copy the wheel's files where the server's user cannot reach them, as below /root."""
        wheel, programs = self.parts.wheel, self.parts.programs
        if self.account is None or wheel is None or open_to_all(programs / "postgres"):
            return
        package = programs.parent.parent
        copy = place / "install"
        for folder in (programs.parent, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                target = copy / folder.relative_to(wheel)
                shutil.copytree(
                    folder, target, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_NEEDED)
                )
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)

    def _failed(self, reason: str, lines: Iterable[str]) -> ServiceFailed:
        lines = self.secrets.hidden_lines(list(lines)[-_SHOWN_LINES:])
        shown = [f"  | {line}" for line in lines]
        return ServiceFailed(
            "\n".join([f"PostgreSQL does not start: {reason}.", *shown]),
            service=self.service,
            next_step=f"Its whole log is {self.log}.",
        )


def _is_ready(data: Path, pid: int) -> bool:
    """Whether the server says so where `pg_ctl` looks: in the eighth line of its pid file."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"  # noqa: PLR2004


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_name(database: str) -> str:
    """A database for psql's --dbname, which takes a text with `=` or a scheme for a whole URL."""
    plain = "=" not in database and "://" not in database
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return database if plain else f"dbname='{escaped}'"
