"""However the console script ends, it ends with a code and without a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasker_ci.faces import program as room
from tasker_ci.faces.cli import run

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], int]:
    """The exit code when this happens in the program, in a moment no test can meet outside."""

    def ends(happens: Callable[[], object]) -> int:
        class Stub:
            def run(self, argv: list[str]) -> None:
                assert argv == ["tasker-ci", "fmt"]
                happens()

        monkeypatch.setattr(room, "program", Stub)
        return run(["tasker-ci", "fmt"])

    return ends


_INTERRUPTED = """\
import signal, sys
from tasker_ci.faces import cli, program
class Stub:
    def run(self, argv):
        signal.raise_signal(int(sys.argv[1]))
program.program = Stub
sys.exit(cli.run(["tasker-ci", "fmt"]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_before_any_session_runs(number: int, code: int) -> None:
    """In a process of its own: the signal ends it on the spot."""
    words = (sys.executable, "-c", _INTERRUPTED, str(int(number)))
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "")


@pytest.mark.parametrize(("given", "code"), [(0, 0), (2, 2), (None, 0), ("text", 1)])
def test_an_exit(ends: Callable[..., int], given: object, code: int) -> None:
    assert ends(lambda: sys.exit(given)) == code  # type: ignore[arg-type]


def test_an_end_without_an_exit(ends: Callable[..., int]) -> None:
    assert ends(lambda: None) == 0


def test_a_bug(ends: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(lambda: {}["oops"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("error: tasker-ci itself failed (KeyError: 'oops').")
    assert "Traceback" not in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_under_the_output_is_no_bug(
    ends: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full, redirect_stdout(full):
        assert ends(lambda: sys.stdout.write("a list of sessions\n" * 1000)) == 1
    assert capsys.readouterr().err.startswith("error: The output cannot be written: No space left")
