"""Native stacks of the sample workspace: planned, looked at, and searched for leftovers."""

from __future__ import annotations

import io
import os
import secrets
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import psutil

from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.runner import ProcessRunner
from tasker_ci.screen.terminal import TerminalReporter
from tasker_ci.sessions import load_settings
from tasker_ci.stack.base import MARK, Plan
from tasker_ci.stack.native import NativeStack
from tasker_ci.stack.native_commands import NativeOptions
from tasker_ci.stack.native_parts import find_parts
from tasker_ci.stack.ports import plan_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasker_ci.settings.model import IntegrationSettings

REPOSITORY = Path(__file__).resolve().parents[1]
SAMPLE = REPOSITORY / "examples" / "tasker"


@dataclass(frozen=True, kw_only=True)
class NativeRun:
    """One run with everything that a test looks at."""

    plan: Plan
    settings: IntegrationSettings
    stack: NativeStack
    screen: io.StringIO

    @property
    def url(self) -> str:
        """Where its database is."""
        return self.plan.environment["DATABASE_URL"]

    def again(self) -> NativeStack:
        """The same stack as another process would see it."""
        reporter = TerminalReporter(self.screen, color=False)
        return NativeStack(self.plan, self.settings, ProcessRunner(Cancellation()), reporter)

    def log(self, service: str) -> str:
        """All that a service printed."""
        return (self.plan.logs / f"{service}.log").read_text(encoding="utf-8")


def sample_settings() -> IntegrationSettings:
    """This repository's own settings: the sample workspace with all its services."""
    return load_settings(REPOSITORY, {}).settings.integration


def environment() -> dict[str, str]:
    """What the services and the build get: this machine's own, and the sample's variables."""
    chosen = {name: os.environ[name] for name in ("CARGO_TARGET_DIR",) if name in os.environ}
    return {
        **faces.clean_environment(),
        "CARGO_INCREMENTAL": "0",
        "DATABASE_URL": "postgres://tasker:tasker@localhost:5432/tasker_rust_test",
        "API_KEY": secrets.token_hex(16),
        "TASKER_ENV": "test",
        "LOG_LEVEL": "info",
        **chosen,
    }


def native_run(
    folder: Path,
    *,
    services: tuple[str, ...] | None = None,
    settings: IntegrationSettings | None = None,
    options: NativeOptions | None = None,
    cancellation: Cancellation | None = None,
    **variables: str,
) -> NativeRun:
    """A run on free ports whose folders lie in ``folder``; nothing has started."""
    settings = settings or sample_settings()
    given = {**environment(), **variables}
    ports = plan_ports(settings, given, auto=True, services=services, locks=folder / "ports")
    name = f"tasker-ci-{secrets.token_hex(6)}"
    run_folder = folder / "runs" / name
    run_folder.mkdir(parents=True)
    run_folder.chmod(0o700)
    plan = Plan(
        run=name,
        workspace=SAMPLE,
        folder=run_folder,
        logs=folder / "logs" / name,
        database=ports.database,
        services=ports.services,
        environment={**given, **ports.environment},
    )
    screen = io.StringIO()
    reporter = TerminalReporter(screen, color=False)
    runner = ProcessRunner(cancellation or Cancellation())
    stack = NativeStack(plan, settings, runner, reporter, options=options or NativeOptions())
    return NativeRun(plan=plan, settings=settings, stack=stack, screen=screen)


def psql(
    url: str, *arguments: str, password: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run psql, as it comes with the server, on a database."""
    parts = find_parts(pgmq=False, environment=os.environ, tools=Path("/nowhere"))
    more: Mapping[str, str] = {} if password is None else {"PGPASSWORD": password}
    return subprocess.run(
        [str(parts.programs / "psql"), url, "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments],
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def query(url: str, statement: str) -> str:
    """What a statement returns; fails with what the server says."""
    answer = psql(url, "-c", statement)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def migrate(url: str) -> None:
    """Apply the sample's migrations, which need no tool for that."""
    for file in sorted((SAMPLE / "migrations").glob("*.sql")):
        answer = psql(url, "-f", str(file))
        assert answer.returncode == 0, answer.stderr


def processes_of(plan: Plan) -> dict[int, str]:
    """The living processes of a run: marked, or at work on its data."""
    found = {}
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARK) == plan.run
            at_work = plan.run in process.cwd()
            if (marked or at_work) and process.status() != psutil.STATUS_ZOMBIE:
                found[process.pid] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


def data_of(plan: Plan) -> list[Path]:
    """What lies of a run's data, in its folder or where another user had to have it."""
    elsewhere = {Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")}
    return [
        *plan.folder.glob("postgresql"),
        *(path for folder in elsewhere for path in folder.glob(f"{plan.run}*")),
    ]


def shared_memory(*, abandoned: bool = False) -> set[str]:
    """The ids of the machine's shared memory segments: all, or those that nobody uses any more."""
    return {
        segment["shmid"]
        for segment in _segments()
        if not abandoned or (segment["nattch"] == "0" and not _lives(int(segment["cpid"])))
    }


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def segments_of(creators: Iterable[int]) -> dict[int, str]:
    """The ids of the segments that these processes have made, each by its creator."""
    wanted = set(creators)
    return {int(row["cpid"]): row["shmid"] for row in _segments() if int(row["cpid"]) in wanted}


def _segments() -> list[dict[str, str]]:
    lines = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()
    names = lines[0].split()
    return [dict(zip(names, line.split(), strict=True)) for line in lines[1:]]


def segment_of(data: Path) -> str:
    """The id of the segment with which a server guards its data."""
    line = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[6]
    return line.split()[1]


def nothing_left(plan: Plan) -> bool:
    """Fail, and say what it is, if a run has left anything but its logs."""
    assert processes_of(plan) == {}
    assert data_of(plan) == []
    assert [path.name for path in plan.folder.iterdir()] == []
    return True
