"""The table of flags, held against the help of the programs on this machine."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import faces
import pytest

from tasker_ci.foreign.invocations.flags import flag_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LINE = re.compile(
    r"^\s{2,10}(?:(?P<short>-\w)(?:, | <|\s|$))?(?P<long>--[\w-]+)?"
    r"(?P<joined>\[=)?(?P<value>[ ]?\[?<)?"
)
COMMANDS = [
    *("test", "build", "check", "bench", "doc", "run", "rustc", "rustdoc", "fix", "package"),
    *("publish", "install", "nextest run", "nextest list", "nextest archive", "nextest bench"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_table_has_every_flag_of_the_help(
    command: str, require_tool: Callable[[str], Path], tmp_path: Path
) -> None:
    nextest = command.startswith("nextest")
    require_tool("cargo-nextest" if nextest else "cargo")
    words = ["cargo", *command.split(), "--help" if nextest else "-h"]
    environment = faces.clean_environment()
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    text = done.stdout
    table = flag_table(command)
    found = 0
    for line in text.splitlines():
        match = _LINE.match(line)
        if not match or not match["long"] or line.rstrip().endswith(":"):
            continue
        if nextest and not line.startswith(("  -", "      --")):
            continue
        found += 1
        name = table.names.get(match["long"])
        assert name is not None, match["long"]
        if match["short"]:
            assert table.names.get(match["short"]) == name
        if not match["joined"]:
            assert (name in table.values) is bool(match["value"]), match["long"]
    assert found > 10
