"""Who listens on a port: a process by name and pid, or a container."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command, Output
from tasker_ci.stack.base import FOLDER_MARK, MARK
from tasker_ci.stack.compose_override import WORKSPACE_LABEL
from tasker_ci.stack.run_records import read_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import psutil

    from tasker_ci.process.command import Runner

_DOCKER_SECONDS = 3.0
_DOCKER_PROXY = "docker-proxy"
_RUN_PREFIX = "tasker-ci-"
_FORMAT = "\t".join(
    ("{{.Names}}", '{{.Label "com.docker.compose.project"}}', f'{{{{.Label "{WORKSPACE_LABEL}"}}}}')
)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody who listens on a port."""

    name: str
    pid: int = 0
    """0 for a container."""
    run: str | None = None
    """The run of ours that it belongs to; None for a stranger."""
    workspace: str | None = None
    """The workspace of that run, or its run folder where nothing says which; None if unknown."""

    def __str__(self) -> str:
        whose = f" of the run {self.run}" if self.run else ""
        return f"{self.name} (pid {self.pid}){whose}" if self.pid else f"{self.name}{whose}"

    @property
    def how_to_stop(self) -> str:
        """The command that ends it."""
        return f"kill {self.pid}" if self.pid else f"docker stop {self.name.split()[-1]}"


def holders_of(
    port: int, *, runner: Runner, environment: Mapping[str, str], directory: Path
) -> list[Holder]:
    """Everybody who listens on ``port``, as far as this user may see them.

    A container is named in place of the proxy that listens for it. Asking Docker takes seconds at
    most and never fails.
    """
    processes = list(_processes(port))
    containers = list(_containers(port, runner, environment, directory))
    if containers:
        return containers + [holder for holder in processes if holder.name != _DOCKER_PROXY]
    return processes


def listed(holders: Iterable[Holder]) -> str:
    """Who they are, as part of a sentence."""
    return " and ".join(map(str, holders)) or "a process that this user may not see"


def _processes(port: int) -> Iterator[Holder]:
    import psutil

    pids = set(_listeners(port))
    for pid in sorted(pids):
        try:
            process = psutil.Process(pid)
            # A server and its workers share the socket: the first one stands for all.
            if process.ppid() not in pids:
                run, workspace = run_of(process), workspace_of(process)
                yield Holder(name=process.name(), pid=pid, run=run, workspace=workspace)
        except psutil.Error:
            continue


def _listeners(port: int) -> Iterator[int]:
    import psutil

    for pid, connection in _connections():
        if pid and connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            yield pid


def _connections() -> Iterator[tuple[int | None, Any]]:
    import psutil

    try:
        yield from ((connection.pid, connection) for connection in psutil.net_connections("tcp"))
    except psutil.Error:  # macOS shows them all to root only, and everybody his own
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                yield from ((process.pid, found) for found in process.net_connections("tcp"))


def run_of(process: psutil.Process) -> str | None:
    """The run of ours that a process belongs to; None for a stranger, or one of another user."""
    return _variable(process, MARK)


def workspace_of(process: psutil.Process) -> str | None:
    """The workspace of the run that a process belongs to; None if nothing says which."""
    folder = _variable(process, FOLDER_MARK)
    record = read_record(Path(folder)) if folder else None
    return folder if record is None else str(record.workspace)


def _variable(process: psutil.Process, name: str) -> str | None:
    import psutil

    try:
        return process.environ().get(name) or None
    except (psutil.Error, OSError):
        return None


def _containers(
    port: int, runner: Runner, environment: Mapping[str, str], directory: Path
) -> Iterator[Holder]:
    if shutil.which("docker", path=environment.get("PATH")) is None:
        return
    command = Command(
        argv=("docker", "ps", "--filter", f"publish={port}", "--format", _FORMAT),
        cwd=directory,
        environment=environment,
    )
    try:
        answer = runner.run(command, output=Output.CAPTURE, timeout=_DOCKER_SECONDS)
    except TaskerCIError:
        return
    for line in answer.stdout.splitlines() if answer.exit_code == 0 else ():
        name, project, workspace, *_ = (*line.split("\t"), "", "")
        run = project if project.startswith(_RUN_PREFIX) else None
        known = workspace if run and workspace else None
        yield Holder(name=f"the container {name}", run=run, workspace=known)
