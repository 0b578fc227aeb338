"""The stack without Docker: PostgreSQL and the services as processes of this machine."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import MissingToolError, ServiceFailed
from tasker_ci.process.lock_watch import LockWatch
from tasker_ci.stack.base import Endpoint, Phase, PlannedStack, ServiceState, marks
from tasker_ci.stack.binaries import build_programs, programs
from tasker_ci.stack.database_url import read_database_url
from tasker_ci.stack.embedded_postgresql import EmbeddedPostgreSQL
from tasker_ci.stack.log_files import last_lines, log_file
from tasker_ci.stack.log_writer import LogWriter, start_writer
from tasker_ci.stack.native_commands import NativeOptions, build_command, service_command
from tasker_ci.stack.native_leftovers import stop_leftovers
from tasker_ci.stack.native_parts import ensure_parts
from tasker_ci.stack.native_processes import living, own, record, recorded
from tasker_ci.stack.native_stops import stop_database
from tasker_ci.stack.postgresql_folder import remove_place, server_account, temporary_folder
from tasker_ci.text.file_writing import PRIVATE, make_private_folder, write_file
from tasker_ci.text.masking import without_passwords
from tasker_ci.tools.places import tools_root

if TYPE_CHECKING:
    import subprocess

    from tasker_ci.process.command import Command
    from tasker_ci.stack.native_processes import Recorded


@dataclass(eq=False, repr=False)
class NativeStack(PlannedStack):
    """The `Stack` of processes.

    It may be made anew in another process for a run that was kept: what it has to know of what
    runs is on record in the run folder.
    """

    options: NativeOptions = field(default_factory=NativeOptions, kw_only=True)

    def __post_init__(self) -> None:
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._writers: dict[str, LogWriter] = {}
        self._binaries: Path | None = None

    def check(self) -> None:
        """Find everything that starting will need; raises before any time is spent on a build.

        Raises `SettingsError` for a service without a command, `MissingToolError` for PostgreSQL.
        """
        for endpoint in self.plan.services:
            service_command(self.plan, self.settings, endpoint)
        if self.plan.database is not None:
            self._database(self.plan.database)

    def build(self) -> None:
        self.check()
        command = build_command(self.plan, self.settings, self.options)
        if command is None or not self.plan.services:
            return
        commands = (self.settings.services[each.service].command for each in self.plan.services)
        self._binaries = build_programs(
            command,
            self.runner,
            self.reporter,
            names=programs(commands),
            seconds=float(self.settings.build_seconds),
            on_tick=LockWatch(self.reporter.warning),
        )

    def start_database(self) -> None:
        endpoint = self.plan.database
        if endpoint is None:
            return
        database = self._database(endpoint)
        self._clear_database()
        self._prepare_logs()
        database.initialize()
        process = self._start(endpoint.service, database.command(), database=True)
        database.wait(
            process,
            seconds=float(self.settings.healthy_seconds),
            finish_log=self._writers[endpoint.service].finish,
        )
        database.create_database()

    def start_services(self) -> None:
        self._prepare_logs()
        running = {entry.service for entry in recorded(self.plan.folder) if living(entry)}
        for endpoint in self.plan.services:
            if endpoint.service in running:
                continue
            command = self._command(endpoint)
            program = Path(command.argv[0])
            if program.is_absolute() and not program.is_file():
                raise MissingToolError(
                    f"The program of {endpoint.service} is not there: {program}.",
                    next_step="Run without `--no-build`; if it still is missing, "
                    f"`integration.build` does not build it, or "
                    f"`integration.services.{endpoint.service}.command` misnames it.",
                )
            self._start(endpoint.service, command)

    def states(self) -> tuple[ServiceState, ...]:
        started = {entry.service: entry for entry in recorded(self.plan.folder)}
        return tuple(
            self._state(endpoint.service, started.get(endpoint.service))
            for endpoint in self.plan.endpoints
        )

    def collect(self, folder: Path) -> None:
        """Write states, processes and what may be shown of the environment; the logs lie there.

        A folder that cannot be written is said and no error: the failure before it counts.
        """
        states = [
            {
                "service": state.service,
                "state": str(state.phase),
                "exit_code": state.exit_code,
                "detail": state.detail,
            }
            for state in self.states()
        ]
        started = [
            {"service": entry.service, "pid": entry.pid, "running": living(entry) is not None}
            for entry in recorded(self.plan.folder)
        ]
        shown = {
            name: without_passwords(value) for name, value in (self.options.shown or {}).items()
        }
        commands = {
            endpoint.service: str(self._command(endpoint)) for endpoint in self.plan.services
        }
        evidence = {
            "states.json": states,
            "processes.json": started,
            "configuration.json": {"environment": shown, "commands": commands},
        }
        try:
            make_private_folder(folder, within=self.plan.within)
            for name, content in evidence.items():
                text = json.dumps(self.options.secrets.hidden_in(content), indent=2)
                write_file(folder / name, f"{text}\n", within=self.plan.within, mode=PRIVATE)
        except OSError as error:
            self.reporter.warning(
                f"The evidence cannot be written into {folder}: {error.strerror or error}."
            )

    def tail(self, service: str, lines: int) -> str:
        self._finish_log(service)
        return last_lines(log_file(self.plan.logs, service), lines)

    def stop(self) -> None:
        stop_leftovers(
            self.plan.folder,
            run=self.plan.run,
            seconds=float(self.settings.stop_seconds),
            origin=self.plan.started_at.folder,
            temporary=temporary_folder(self.plan.environment),
            impatient=lambda: self.runner.cancellation.impatient,
        )
        for child in self._children.values():
            child.poll()  # collects it, so that no zombie is left
        for writer in self._writers.values():
            writer.finish()

    def _database(self, endpoint: Endpoint) -> EmbeddedPostgreSQL:
        plan = self.plan
        variable = self.settings.database.variable
        url = read_database_url(plan.environment.get(variable, ""), variable=variable)
        parts = ensure_parts(
            pgmq=self.settings.database.pgmq,
            environment=plan.environment,
            tools=self.options.tools or tools_root(plan.environment),
            runner=self.runner,
            reporter=self.reporter,
            install=self.options.install,
            packages=self.options.packages,
        )
        return EmbeddedPostgreSQL(
            service=endpoint.service,
            folder=plan.folder,
            url=replace(url, port=endpoint.port),
            parts=parts,
            log=log_file(plan.logs, endpoint.service),
            secrets=self.options.secrets,
            environment={
                "PATH": plan.environment.get("PATH", ""),
                "LC_ALL": "C",
                **marks(plan),
            },
            runner=self.runner,
            temporary=temporary_folder(plan.environment),
            account=server_account(),
        )

    def _start(
        self, service: str, command: Command, *, database: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a process and write it down before anything else happens."""
        try:
            writer = start_writer(
                log_file(self.plan.logs, service),
                self.options.secrets,
                marks(self.plan),
                within=self.plan.within,
            )
            self._writers[service] = writer
            try:
                process = self.runner.start(command, output=writer.pipe)
            finally:
                writer.close()
            self._children[process.pid] = process
            record(self.plan.folder, service, process.pid, database=database)
        except OSError as error:
            raise _unwritable(error, service) from error
        return process

    def _command(self, endpoint: Endpoint) -> Command:
        environment = self.options.service_environment
        return service_command(self.plan, self.settings, endpoint, self._binaries, environment)

    def _finish_log(self, service: str) -> None:
        """Let the writer of a service that has ended write its last words."""
        writer = self._writers.get(service)
        entry = next((each for each in recorded(self.plan.folder) if each.service == service), None)
        if writer is not None and (entry is None or living(entry) is None):
            writer.finish()

    def _clear_database(self) -> None:
        """Remove what a start that failed has left."""
        for entry in recorded(self.plan.folder):
            server = own(entry, self.plan.folder, self.plan.run) if entry.database else None
            if server is not None:
                stop_database(server, seconds=float(self.settings.stop_seconds))
        try:
            remove_place(self.plan.folder, temporary=temporary_folder(self.plan.environment))
        except OSError as error:
            raise _unwritable(error) from error

    def _prepare_logs(self) -> None:
        try:
            make_private_folder(self.plan.logs, within=self.plan.within)
        except OSError as error:
            raise _unwritable(error) from error

    def _state(self, service: str, entry: Recorded | None) -> ServiceState:
        if entry is None:
            return ServiceState(service=service, phase=Phase.MISSING)
        if living(entry) is not None:
            return ServiceState(service=service, phase=Phase.RUNNING, detail=f"pid {entry.pid}")
        child = self._children.get(entry.pid)
        code = None if child is None else child.poll()
        return ServiceState(
            service=service,
            phase=Phase.EXITED,
            exit_code=code if code is None or code >= 0 else 128 - code,
            detail=_ending(code),
        )


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return ""
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def _unwritable(error: OSError, service: str | None = None) -> ServiceFailed:
    return ServiceFailed(
        f"{error.filename or 'A file of the run'} cannot be written: {error.strerror or error}.",
        service=service,
        next_step="Make room on that disk, or make the folder writable.",
    )
