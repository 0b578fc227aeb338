"""Dependencies that cargo can only fetch with a token of this process.

Sessions that build with the run's secrets keep those tokens from the code of the project, so cargo
fetches before they start.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from tasker_ci.process.command import Command, Output
from tasker_ci.settings.token_variables import SSH_AGENT, cargo_tokens
from tasker_ci.text.file_reading import RECORD_BYTES, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context

_OVER_SSH = re.compile(r'^source = "git\+ssh:', re.MULTILINE)


def fetch_dependencies(context: Context, environment: Mapping[str, str]) -> None:
    """Run `cargo fetch` with the tokens of ``environment``, if cargo may need one of them.

    A token of a registry is reason enough: which registry answers is for cargo's configuration to
    say. Where only an SSH agent is there, as on most desktops, Cargo.lock decides. A fetch that
    fails is a warning: the build says what is missing.
    """
    tokens = cargo_tokens(environment).keys()
    if not tokens or (tokens == {SSH_AGENT} and not _is_over_ssh(context)):
        return
    manifest = context.workspace / "Cargo.toml"
    if not manifest.is_file() or shutil.which("cargo", path=environment.get("PATH", "")) is None:
        return
    toolchain = context.settings.toolchain
    words = ("cargo", *((f"+{toolchain}",) if toolchain else ()), "fetch")
    command = Command(argv=words, cwd=context.workspace, environment=environment)
    with context.reporter.running(str(command)):
        answer = context.runner.run(command, output=Output.CAPTURE_BOTH)
    if answer.exit_code:
        last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
        context.reporter.warning(f"`{command}` failed: {last}")


def _is_over_ssh(context: Context) -> bool:
    """Whether Cargo.lock names a source that cargo reaches over SSH."""
    try:
        lock = read_text(context.workspace / "Cargo.lock", most=RECORD_BYTES)
    except (OSError, UnicodeDecodeError):
        return False
    return _OVER_SSH.search(lock) is not None
