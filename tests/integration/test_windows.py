"""On Windows fmt, clippy, doc, unit and doctest: nothing that is POSIX alone is on their path.

There is no Windows here. The type checker reads the package as that system has it, and the sessions
really run in a Python that says it is Windows and lacks what Windows lacks; third-party packages
are those of this system. How a child is ended there was not tried.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import faces
import pytest
from workspaces import manifest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]

SERVICES = ("tasker_ci/stack/", "tasker_ci/sessions/services/")
"""What starts services, which no session does there."""

AS_WINDOWS = """\
import os, shutil, signal, sys, types
import filelock, invoke, junitparser, platformdirs, psutil, requests, rich.console, rich.table
import platform, sysconfig, tasker_ci, pkgutil
sysconfig.get_config_vars(), platform.uname()
for each in pkgutil.walk_packages(tasker_ci.__path__, "tasker_ci."):
    if not each.name.endswith(".__main__"):
        __import__(each.name)  # so that third-party packages are there as for this system
for name in [name for name in sys.modules if name.partition(".")[0] == "tasker_ci"]:
    del sys.modules[name]
posix = types.SimpleNamespace(**vars(os))
for name, module in [*sys.modules.items()]:
    if name.startswith("filelock") and getattr(module, "os", None) is os:
        module.os = posix
for name in ("fcntl", "termios", "pwd", "grp", "resource", "pty", "tty", "syslog", "posix"):
    sys.modules[name] = None
for name in ("killpg", "getpgid", "getpgrp", "geteuid", "getuid", "getgid", "getgroups", "setsid",
             "fork", "register_at_fork", "pidfd_open", "get_blocking", "set_blocking", "sysconf",
             "statvfs", "confstr", "fchmod", "fchown", "chown", "sched_getaffinity", "O_NOFOLLOW",
             "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_DIRECTORY", "mkfifo", "uname"):
    if hasattr(os, name):
        delattr(os, name)
os.supports_dir_fd = set()
for name in ("SIGHUP", "SIGQUIT", "SIGKILL", "SIGPIPE", "SIGALRM", "SIGUSR1", "SIGWINCH", "SIGTSTP",
             "pthread_sigmask", "setitimer", "sigpending"):
    if hasattr(signal, name):
        delattr(signal, name)
shutil.sys = types.SimpleNamespace(**vars(sys))  # programs are still found as this system has them
sys.platform = "win32"
from tasker_ci.faces.cli import run
sys.exit(run(["tasker-ci", *sys.argv[1:]]))
"""


def test_the_type_checker_finds_nothing_that_windows_lacks() -> None:
    words = (sys.executable, "-m", "mypy", "--platform", "win32", "--no-error-summary")
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in found.stdout.splitlines() if not line.startswith(SERVICES)]
    assert lines == [], found.stderr


@pytest.mark.parametrize("session", ["fmt", "clippy", "doc", "unit", "doctest"])
def test_a_session_runs_without_what_is_posix_alone(
    session: str, cargo_workspace: Callable[..., Path]
) -> None:
    project = cargo_workspace(
        {
            "Cargo.toml": manifest("sample"),
            "src/lib.rs": "//! ```\n//! assert!(true);\n//! ```\n#[test]\nfn one() {}\n",
        }
    )
    words = (sys.executable, "-c", AS_WINDOWS, session, "--json")
    environment = faces.clean_environment(PYTHONDONTWRITEBYTECODE="1")
    ended = subprocess.run(
        words, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["status"] == "passed"
