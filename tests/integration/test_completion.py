"""Completion in the shells themselves: sessions, and the flags of the one that is named."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from typing import TYPE_CHECKING

import faces
import pytest

from tasker_ci.sessions import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_SECONDS = 60

FLAGS = {"--dry-run", "--fix", "--json", "--set"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tasker-ci cli", {"clippy"}),
        ("tasker-ci ", set(SESSIONS)),
        ("tasker-ci clippy --", FLAGS),
        ("tasker-ci clippy --f", {"--fix"}),
    ],
)
class TestCompletion:
    def test_bash(
        self, tmp_path: Path, require_tool: Callable[[str], Path], line: str, expected: set[str]
    ) -> None:
        bash = require_tool("bash")
        # Readline fills these variables and calls the function so.
        words = line.split(" ")
        script = (
            'source <(tasker-ci --print-completion-script bash) && COMP_WORDS=("$@") && '
            f"COMP_CWORD={len(words) - 1} && "
            '"$(complete -p tasker-ci | sed "s/.*-F \\([^ ]*\\) .*/\\1/")" '
            'tasker-ci "${COMP_WORDS[COMP_CWORD]}" && printf "%s\\n" "${COMPREPLY[@]}"'
        )
        ended = faces.run([str(bash), "--norc", "-c", script, "bash", *words], tmp_path)
        assert set(ended.stdout.split()) == expected, ended.stderr

    def test_fish(
        self, tmp_path: Path, require_tool: Callable[[str], Path], line: str, expected: set[str]
    ) -> None:
        fish = require_tool("fish")
        script = (
            f"tasker-ci --print-completion-script fish | source; complete --do-complete '{line}'"
        )
        environment = faces.clean_environment(HOME=str(tmp_path))
        ended = faces.run([str(fish), "--no-config", "-c", script], tmp_path, environment)
        assert set(ended.stdout.split()) == expected, ended.stderr


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("tasker-ci cli\t", "tasker-ci clippy "), ("tasker-ci clippy --f\t", "--fix ")],
)
def test_zsh(
    tmp_path: Path, require_tool: Callable[[str], Path], typed: str, expected: str
) -> None:
    # zsh completes only in its line editor, so it gets a terminal.
    zsh = require_tool("zsh")
    outer, inner = pty.openpty()
    environment = faces.clean_environment(HOME=str(tmp_path), TERM="dumb", PS1="$ ")
    shell = subprocess.Popen(
        [str(zsh), "-f", "-i"],
        cwd=tmp_path,
        env=environment,
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    try:
        _type(outer, "autoload -Uz compinit && compinit -u -D\n", "$ ")
        _type(outer, 'eval "$(tasker-ci --print-completion-script zsh)"; echo re""ady\n', "ready")
        _type(outer, typed, expected)
    finally:
        shell.kill()
        shell.wait()
        os.close(outer)


def _type(terminal: int, keys: str, until: str) -> None:
    """Type keys and read until the text appears; fails if it does not."""
    os.write(terminal, keys.encode())
    seen = ""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while until not in seen:
        if time.monotonic() > deadline:
            pytest.fail(f"zsh printed {seen!r}")
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 4096).decode(errors="replace")
