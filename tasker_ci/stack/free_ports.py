"""Free ports of this machine's loopback, none of them given to two runs at once."""

from __future__ import annotations

import json
import os
import random
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import AccessError, PortsTaken, UnsafePlace
from tasker_ci.process.locks import alone
from tasker_ci.process.start import ProcessStart, start_of
from tasker_ci.text.file_reading import read_own
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOWEST = 20_000
_EPHEMERAL = 32_768
"""Where Linux begins with ports for outgoing connections unless it is told otherwise."""

_ATTEMPTS = 2_000
_LOCK_SECONDS = 10.0
_CONNECT_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """Who has reserved a port."""

    pid: int
    start: ProcessStart
    where: str | None = None
    """The workspace whose services will listen there."""


_Owners = dict[str, Reserved]
"""Reserved ports, each with the process that has it."""


def choose_ports(count: int, *, table: Path) -> tuple[int, ...]:
    """Choose free ports, and write down in ``table`` that this process has them.

    Between the choice and the moment when a service listens there may be minutes (a build). They
    lie below the ports for outgoing connections, so that no client of whatever program comes to
    sit on one meanwhile; and no other run of this user chooses them while this process lives.
    Raises `PortsTaken` if there are not so many.
    """
    with _owners(table) as owners:
        chosen: list[int] = []
        for port in _candidates():
            if len(chosen) == count:
                break
            if str(port) not in owners and port not in chosen and is_free(port):
                chosen.append(port)
        if len(chosen) < count:
            message = "There are not enough free ports on 127.0.0.1."
            raise PortsTaken(message, next_step="Look what listens there (`ss -ltn`).")
        owners.update({str(port): _this_process() for port in chosen})
    return tuple(chosen)


@contextmanager
def reserved(ports: Iterable[int], *, table: Path, where: str) -> Iterator[dict[int, Reserved]]:
    """Keep ports that are given from other runs of this user while the block runs.

    Yields those that somebody else has, by number; then nothing is reserved. ``where`` is what the
    others are told. Like `choose_ports` it closes the gap between the look and the moment when a
    service listens.
    """
    wanted = tuple(ports)
    with _owners(table) as owners:
        taken = {port: owners[str(port)] for port in wanted if str(port) in owners}
        if not taken:
            owners.update({str(port): _this_process(where) for port in wanted})
    try:
        yield taken
    finally:
        if not taken and wanted:
            with _owners(table) as owners:
                for port in wanted:
                    owners.pop(str(port), None)


def is_free(port: int) -> bool:
    """Whether nothing listens on ``port`` of this machine's loopback, IPv4 and IPv6.

    `localhost` may be ::1, where a stranger would get what is meant for ours.
    """
    return all(
        _can_bind(family, address, port) and not _answers(family, address, port)
        for family, address in _loopback()
    )


def _loopback() -> Iterator[tuple[socket.AddressFamily, str]]:
    yield socket.AF_INET, "127.0.0.1"
    if socket.has_ipv6 and _can_bind(socket.AF_INET6, "::1", 0):
        yield socket.AF_INET6, "::1"


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            # Services set it as well: connections that are winding down are no hindrance.
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind((address, port))
    except PermissionError:
        return True  # a port below 1024, which Docker may publish all the same
    except OSError:
        return False
    return True


def _answers(family: socket.AddressFamily, address: str, port: int) -> bool:
    """Whether somebody accepts; Docker can publish a port without a socket that listens."""
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(_CONNECT_SECONDS)
        return attempt.connect_ex((address, port)) == 0


def _candidates() -> Iterator[int]:
    low = _lowest_ephemeral()
    if low >= _LOWEST + _ATTEMPTS:
        yield from random.sample(range(_LOWEST, low), _ATTEMPTS)
    for _ in range(_ATTEMPTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
            attempt.bind(("127.0.0.1", 0))
            port: int = attempt.getsockname()[1]
        yield port


def _lowest_ephemeral() -> int:
    with suppress(OSError, ValueError, IndexError):
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        return int(text.split()[0])
    return _EPHEMERAL


@contextmanager
def _owners(table: Path) -> Iterator[_Owners]:
    """The table for reading and writing, alone; an empty one where it cannot be kept.

    It guards against a rare race only, so a folder that cannot be written is no error.
    """
    with ExitStack() as stack:
        try:
            held = alone(
                table.with_suffix(".lock"),
                lambda _waiting: None,
                "",
                pause=time.sleep,  # it is short
                seconds=_LOCK_SECONDS,
            )
            missing = stack.enter_context(held)
        except AccessError as error:
            missing = error.message
        if missing is not None:
            yield {}
            return
        owners = {port: owner for port, owner in _read(table).items() if _lives(owner)}
        yield owners
        with suppress(OSError, UnsafePlace):
            write_file(table, json.dumps({port: _row(owner) for port, owner in owners.items()}))


def _row(owner: Reserved) -> list[object]:
    return [owner.pid, owner.start.created, owner.start.ticks, owner.start.boot, owner.where or ""]


def _read(table: Path) -> _Owners:
    """The table; rows of earlier versions have the pid and the creation time alone."""
    try:
        rows = json.loads(read_own(table)).items()
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
    owners = {}
    for port, row in rows:
        with suppress(ValueError, TypeError):
            pid, created, *rest = row
            ticks, boot, where = rest or _MISSING
            start = ProcessStart(created=float(created), ticks=int(ticks), boot=str(boot))
            owners[port] = Reserved(pid=int(pid), start=start, where=str(where) or None)
    return owners


_MISSING = (0, "", "")
"""What a row of an earlier version does not have."""


def _this_process(where: str | None = None) -> Reserved:
    pid = os.getpid()
    return Reserved(pid=pid, start=start_of(pid) or ProcessStart(), where=where)


def _lives(owner: Reserved) -> bool:
    start = start_of(owner.pid)
    return start is not None and start.is_same(owner.start)
