"""Free ports of this machine's loopback, none of them given to two runs at once."""

from __future__ import annotations

import json
import os
import random
import socket
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import PortsTaken

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOWEST = 20_000
_EPHEMERAL = 32_768
"""Where Linux begins with ports for outgoing connections unless it is told otherwise."""

_ATTEMPTS = 2_000
_LOCK_SECONDS = 10.0
_CONNECT_SECONDS = 0.5
_SAME_MOMENT_SECONDS = 2.0

_Owners = dict[str, tuple[int, float]]
"""Chosen ports, each with the pid and the creation time of the process that chose it."""


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
    from filelock import FileLock, Timeout

    lock = FileLock(table.with_suffix(".lock"))
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_SECONDS)
    except (OSError, Timeout):
        yield {}
        return
    try:
        owners = {port: owner for port, owner in _read(table).items() if _lives(*owner)}
        yield owners
        part = table.with_suffix(".part")
        with suppress(OSError):
            part.write_text(json.dumps(owners), encoding="utf-8")
            part.replace(table)
    finally:
        lock.release()


def _read(table: Path) -> _Owners:
    try:
        return {
            port: (int(pid), float(created))
            for port, (pid, created) in json.loads(table.read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _this_process() -> tuple[int, float]:
    import psutil

    return os.getpid(), psutil.Process().create_time()


def _lives(pid: int, created: float) -> bool:
    import psutil

    try:
        return abs(psutil.Process(pid).create_time() - created) < _SAME_MOMENT_SECONDS
    except psutil.Error:
        return False
