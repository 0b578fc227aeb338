"""A small workspace whose services are scripts, so that they fail in every way a test wants.

PostgreSQL, nextest, cargo and every process are real. A phase of the run waits for its signal where
the variable PHASE names it: it writes the file READY and waits until that is removed.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import workspaces

from tasker_ci.stack.base import MARK
from tasker_ci.stack.native_processes import FOLDER_MARK

PHASE = "TASKER_TESTS_PHASE"
"""The phase in which the run stays: build, migrate, wait, test or teardown."""

READY = "TASKER_TESTS_READY"
"""Names the file that is written once the phase is reached."""

BEHAVIOUR = "TASKER_TESTS_BEHAVIOUR"
"""How the service ``web`` fails: ``exit 3``, ``status 503``, ``die`` (in the middle of a test)."""

LOGGED = "the service web is here"
PASSWORD = "correct-horse-battery"

_LINGER = f"""\
import os, pathlib, sys, time


def linger(phase):
    if os.environ.get({PHASE!r}) == phase:
        ready = pathlib.Path(os.environ[{READY!r}])
        ready.write_text("")
        while ready.exists():
            time.sleep(0.05)
"""

_BUILD = """\
from linger import linger
import os, sys
linger("build")
sys.exit(int(os.environ.get("BUILD_CODE", "0")))
"""

_MIGRATE = """\
from linger import linger
import os, sys
with open("target/migrated", "a") as file:
    file.write("once\\n")
linger("migrate")
print("migrating", os.environ["DATABASE_URL"])
if os.environ.get("MIGRATE_CODE"):
    print("relation exists already in", os.environ["DATABASE_URL"], file=sys.stderr)
    sys.exit(int(os.environ["MIGRATE_CODE"]))
"""

_SERVICE = f"""\
import http.server, os, pathlib, signal, sys

behaviour, _, detail = os.environ.get({BEHAVIOUR!r}, "").partition(" ")
phase = os.environ.get({PHASE!r})
print({LOGGED!r}, flush=True)
if behaviour == "exit":
    sys.exit(int(detail))
if behaviour == "ignore":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if phase == "teardown":
    signal.signal(
        signal.SIGTERM, lambda *_: pathlib.Path(os.environ[{READY!r}]).write_text("")
    )


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if phase == "wait":
            pathlib.Path(os.environ[{READY!r}]).write_text("")
        allowed = self.headers.get("X-API-Key") == os.environ["API_KEY"]
        status = 200 if self.path == "/health" or allowed else 401
        if behaviour == "status" or phase == "wait":
            status = int(detail or 503)
        if behaviour == "die" and self.path != "/health":
            os.kill(os.getpid(), signal.SIGKILL)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

_TEST = f"""\
use std::io::{{Read, Write}};
use std::net::TcpStream;

fn status_of(path: &str, key: &str) -> String {{
    let url = std::env::var("WEB_URL").unwrap();
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    write!(stream, "GET {{path}} HTTP/1.0\\r\\nX-API-Key: {{key}}\\r\\n\\r\\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or("").to_owned()
}}

#[test]
fn the_key_of_the_run_opens() {{
    if std::env::var("{PHASE}").as_deref() == Ok("test") {{
        let ready = std::env::var("{READY}").unwrap();
        println!("the key is {{}}", std::env::var("API_KEY").unwrap());
        std::fs::write(&ready, "").unwrap();
        while std::path::Path::new(&ready).exists() {{
            std::thread::sleep(std::time::Duration::from_millis(50));
        }}
    }}
    assert_eq!(status_of("/", &std::env::var("API_KEY").unwrap()), "200");
    assert!(std::env::var("FAIL").is_err(), "it was told to fail");
}}

#[test]
fn another_key_does_not() {{
    assert_eq!(status_of("/", "another"), "401");
}}
"""

_LIBRARY = """\
//! A library.

#[cfg(test)]
mod tests {
    #[test]
    fn the_database_of_the_setting_is_there() {
        if std::env::var("WANTS_DATABASE").is_ok() {
            let url = std::env::var("DATABASE_URL").unwrap();
            let place = url.rsplit('@').next().unwrap().split('/').next().unwrap();
            std::net::TcpStream::connect(place.replace("localhost", "127.0.0.1")).unwrap();
        }
    }
}
"""

SETTINGS = f"""\
[integration]
targets = ["sample::end_to_end"]
stack = "native"
ports = "auto"
build = ["python3", "build.py"]
healthy-seconds = 30
stop-seconds = 2

[integration.database]
service = "database"
migrate = ["python3", "migrate.py"]

[integration.services.web]
port = 18080
health = "/health"
url-variable = "WEB_URL"
command = ["python3", "service.py"]

[environment]
pass-on = ["SEED_CODE", "TASKER_TESTS_*"] # they tell the services how to fail

[environment.variables]
WEB_URL = "http://127.0.0.1:18080"
DATABASE_URL = "postgres://somebody:{PASSWORD}@localhost:15432/stock"

[environment.variables.API_KEY]
generator = "api-key"
secret = true
"""


def write_services(folder: Path, *, settings: str = "") -> Path:
    """Write the workspace; ``settings`` come before those above."""
    files = {
        "linger.py": _LINGER,
        "build.py": _BUILD,
        "migrate.py": _MIGRATE,
        "service.py": _SERVICE,
        "src/lib.rs": _LIBRARY,
        "tests/end_to_end.rs": _TEST,
    }
    (folder / "target").mkdir(parents=True)
    return workspaces.write_project(folder, files, settings=settings + SETTINGS)


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What is there of all runs of a workspace, apart from logs."""

    processes: dict[int, str]
    folders: list[str]
    data: list[str]

    def __bool__(self) -> bool:
        return bool(self.processes or self.folders or self.data)


def leftovers(folder: Path) -> Leftovers:
    """Look for everything that a run of the workspace may have left."""
    runs = folder / "target" / "tasker-ci" / "runs"
    logs = folder / "target" / "tasker-ci" / "logs"
    names = [path.name for path in logs.glob("tasker-ci-*")]
    places = {Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")}
    return Leftovers(
        processes=_processes(runs, names),
        folders=[path.name for path in runs.iterdir()] if runs.is_dir() else [],
        data=[path.name for place in places for name in names for path in place.glob(f"{name}*")],
    )


def _processes(runs: Path, names: list[str]) -> dict[int, str]:
    """By the marks in the environment, or (PostgreSQL's children) by the folder they work in."""
    found = {}
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            marked = environment.get(FOLDER_MARK, "").startswith(str(runs))
            at_work = any(name in process.cwd() for name in names)
            belongs = marked or at_work or environment.get(MARK, "") in {*names}
            lives = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if belongs and lives:
                found[process.pid] = " ".join(process.cmdline())
        except psutil.Error:
            continue
    return found


def evidence(folder: Path) -> set[str]:
    """The names of the files that the runs of the workspace have kept."""
    logs = folder / "target" / "tasker-ci" / "logs"
    return {path.name for path in logs.glob("*/*")}
