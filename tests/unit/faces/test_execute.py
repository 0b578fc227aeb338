"""However a session ends, the face gets an exit code and the user a message, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tasker_ci.context import Context, Face, Outcome, Status
from tasker_ci.errors import AccessError, CommandFailed, NotChecked, TaskerCIError, UsageError
from tasker_ci.faces.execute import Ending, execute
from tasker_ci.faces.session_context import parse_overrides
from tasker_ci.screen.unforeseen import access_error, check_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasker_ci.session import Session


class Stub:
    """Stands in for a row of the table of sessions: one function, imported from nowhere."""

    def __init__(
        self, function: Callable[..., Outcome], passthrough: str = "", runs: str = "tests"
    ) -> None:
        self.passthrough = passthrough
        self.product = False
        self.recorded = False
        self.runs = runs
        self.any_settings = False
        self.load = lambda: function


def run(
    function: Callable[..., Outcome],
    directory: Path,
    *,
    as_json: bool = False,
    tool: str = "",
    runs: str = "tests",
    overrides: tuple[str, ...] = (),
    passthrough: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    **options: Any,
) -> Ending:
    return execute(
        "stub",
        cast("Session", Stub(function, tool, runs)),
        {"json": as_json, "dry_run": False, "set": overrides, **options},
        face=Face.CONSOLE,
        directory=directory,
        environment=environment or {},
        passthrough=passthrough,
    )


def passes(context: Context, **options: Any) -> Outcome:
    return Outcome(summary="all is well", data={"options": options})


def fails(context: Context) -> Outcome:
    message = "Two tests failed.\nMore of it."
    raise CommandFailed(message, exit_code=100, next_step="Read.", data={"failed": 2})


def breaks(context: Context) -> Outcome:
    raise KeyError("oops")


def is_interrupted(context: Context) -> Outcome:
    signal.raise_signal(signal.SIGTERM)
    return Outcome(summary="never")


def swallows(context: Context) -> Outcome:
    with suppress(Exception, TaskerCIError):
        signal.raise_signal(signal.SIGINT)
    return Outcome(summary="never")


def looks_at_nothing(context: Context) -> Outcome:
    raise NotChecked("No database.", exit_code=3, next_step="Get one.")


@contextmanager
def broken_stdout() -> Iterator[None]:
    """Standard output is a pipe whose reader has gone, as after `| head`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream, redirect_stdout(stream):
        yield


class TestSuccess:
    def test_it_is_said_and_is_zero(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ending = run(passes, tmp_path)
        assert (ending.exit_code, ending.reason, ending.status) == (0, "all is well", "passed")
        assert capsys.readouterr() == ("stub: all is well\n", "")

    @pytest.mark.parametrize(
        ("status", "line"),
        [
            (Status.SKIPPED, "stub: skipped: why\n"),
            (Status.NOT_CHECKED, "warning: stub: NOT CHECKED: why\n"),
        ],
    )
    def test_what_was_not_done_is_told_apart(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], status: Status, line: str
    ) -> None:
        ending = run(lambda _: Outcome(summary="why", status=status), tmp_path)
        assert (ending.exit_code, ending.status) == (0, str(status))
        assert capsys.readouterr().out == line

    def test_json_is_alone_on_standard_output(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(passes, tmp_path, as_json=True, fix=True)
        out, err = capsys.readouterr()
        assert json.loads(out) == {
            "session": "stub",
            "status": "passed",
            "summary": "all is well",
            "options": {"fix": True},
        }
        assert err == "stub: all is well\n"


class TestFailure:
    def test_the_child_s_code_comes_back(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ending = run(fails, tmp_path)
        assert (ending.exit_code, ending.reason) == (100, "Two tests failed.")
        assert capsys.readouterr().out == ("error: Two tests failed.\nMore of it.\n  next: Read.\n")

    def test_json_has_message_code_and_what_was_found(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(fails, tmp_path, as_json=True)
        assert json.loads(capsys.readouterr().out) == {
            "session": "stub",
            "status": "failed",
            "summary": "Two tests failed.\nMore of it.",
            "next_step": "Read.",
            "exit_code": 100,
            "failed": 2,
        }

    def test_what_could_not_be_looked_at_is_a_failure_that_says_so(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert not run(fails, tmp_path).not_checked
        capsys.readouterr()
        ending = run(looks_at_nothing, tmp_path, as_json=True)
        assert (ending.exit_code, ending.status, ending.not_checked) == (3, "failed", True)
        assert json.loads(capsys.readouterr().out) == {
            "session": "stub",
            "status": "failed",
            "summary": "No database.",
            "next_step": "Get one.",
            "exit_code": 3,
            "not_checked": True,
        }

    def test_a_bug_is_told_with_a_file_for_its_traceback(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ending = run(breaks, tmp_path)
        assert ending.exit_code == 1
        out = capsys.readouterr().out
        assert out.startswith("error: tasker-ci itself failed (KeyError: 'oops'). Details are in ")
        assert "Traceback" not in out
        log = Path(out.partition("Details are in ")[2].splitlines()[0].rstrip("."))
        text = log.read_text(encoding="utf-8")
        log.unlink()
        assert "Traceback (most recent call last)" in text
        assert "raise KeyError" in text

    @pytest.mark.parametrize(
        ("error", "message", "step"),
        [
            (
                PermissionError(errno.EACCES, "Permission denied", "/home/other/.cargo"),
                "error: /home/other/.cargo: Permission denied.\n",
                "HOME and CARGO_HOME must be the user's own",
            ),
            (
                OSError(errno.EROFS, "Read-only file system", "/data/target"),
                "error: /data/target: Read-only file system.\n",
                "Let this user read and write there",
            ),
            (
                OSError(errno.EIO, "Input/output error", "/data/target"),
                "error: /data/target: Input/output error.\n",
                "Look at that disk",
            ),
            (
                OSError(errno.ESTALE, "Stale file handle", "/home/me"),
                "error: /home/me: Stale file handle.\n",
                "Look at that disk",
            ),
            (
                RuntimeError("Symlink loop from '/data/target'"),
                "error: Symlink loop from '/data/target'.\n",
                "Put a file or folder of the right kind there",
            ),
            (
                OSError(errno.ENOSPC, "No space left on device"),
                "error: No space left on device.\n",
                "Make room",
            ),
        ],
        ids=lambda case: errno.errorcode[case.errno] if isinstance(case, OSError) else "",
    )
    def test_a_closed_folder_or_a_full_disk_is_no_bug_of_ours(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        error: Exception,
        message: str,
        step: str,
    ) -> None:
        def meets(context: Context) -> Outcome:
            raise error

        ending = run(meets, tmp_path)
        assert ending.exit_code == 3
        out = capsys.readouterr().out
        assert out.startswith(message)
        assert step in out

    def test_a_bug_without_a_place_for_files_is_told_whole(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        # tempfile asks nobody else where files may go.
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
        run(breaks, tmp_path)
        assert "raise KeyError" in capsys.readouterr().out


class TestInterruption:
    def test_a_signal_is_an_orderly_end(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ending = run(is_interrupted, tmp_path)
        assert (ending.exit_code, ending.interrupted) == (143, True)
        assert capsys.readouterr().out == "Interrupted by SIGTERM.\n"

    def test_no_session_swallows_a_signal_with_the_errors_that_it_expects(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ending = run(swallows, tmp_path, as_json=True)
        assert (ending.exit_code, ending.interrupted) == (130, True)
        assert json.loads(capsys.readouterr().out) == {
            "session": "stub",
            "status": "failed",
            "summary": "Interrupted by Ctrl-C.",
            "next_step": "",
            "exit_code": 130,
        }

    def test_a_signal_while_an_error_is_told_is_no_traceback(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The moment cannot be met from outside, so the report itself raises the signal. The
        # failure was there before the signal: its code stays.
        def told(self: object, error: object) -> None:
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr("tasker_ci.screen.terminal.TerminalReporter.failure", told)
        ending = run(fails, tmp_path)
        assert ending.exit_code == 100

    def test_a_reader_that_has_gone_ends_a_good_session_with_141(self, tmp_path: Path) -> None:
        with broken_stdout():
            assert run(passes, tmp_path).exit_code == 141

    def test_but_takes_nothing_from_the_code_of_a_failed_one(self, tmp_path: Path) -> None:
        with broken_stdout():
            assert run(fails, tmp_path).exit_code == 100
        with broken_stdout():
            assert run(is_interrupted, tmp_path).exit_code == 143

    @pytest.mark.parametrize("as_json", [False, True])
    def test_what_a_session_left_running_ends(self, tmp_path: Path, as_json: bool) -> None:
        ended: list[str] = []

        def leaves_a_stack(context: Context) -> Outcome:
            return Outcome(summary="up", withdraw=lambda: ended.append("stack"))

        assert run(leaves_a_stack, tmp_path, as_json=as_json).exit_code == 0
        assert ended == []
        with broken_stdout():
            assert run(leaves_a_stack, tmp_path, as_json=as_json).exit_code == 141
        assert ended == ["stack"]

    def test_a_broken_pipe_anywhere_is_no_bug(self, tmp_path: Path) -> None:
        def writes(context: Context) -> Outcome:
            raise BrokenPipeError

        assert run(writes, tmp_path).exit_code == 141


class TestBeforeTheSession:
    def test_a_variable_with_a_wrong_value(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ending = run(passes, tmp_path, environment={"TASKER_CI_CI_FAIL_FAST": "perhaps"})
        assert ending.exit_code == 2
        assert "variable TASKER_CI_CI_FAIL_FAST: `ci.fail-fast` must be" in capsys.readouterr().out

    def test_an_override_without_a_value(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(passes, tmp_path, overrides=("doc.warnings",)).exit_code == 2
        assert "--set takes KEY=VALUE, not 'doc.warnings'." in capsys.readouterr().out

    def test_words_for_a_tool_that_takes_none(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(passes, tmp_path, passthrough=("-x", "a b")).exit_code == 2
        assert "`stub` hands nothing on, but got" in capsys.readouterr().out
        assert run(passes, tmp_path, passthrough=("-x",), tool="nextest").exit_code == 0

    def test_a_current_directory_that_is_gone(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()
        session = cast("Session", Stub(passes))
        options = {"json": False, "dry_run": False, "set": ()}
        ending = execute("stub", session, options, face=Face.CONSOLE, environment={})
        assert ending.exit_code == 3
        assert "The current directory no longer exists." in capsys.readouterr().out


class TestContext:
    def seen(self, directory: Path, **more: Any) -> Context:
        contexts: list[Context] = []

        def keeps(context: Context) -> Outcome:
            contexts.append(context)
            return Outcome(summary="kept")

        assert run(keeps, directory, **more).exit_code == 0
        return contexts[0]

    def test_a_session_gets_what_the_face_was_given(self, tmp_path: Path) -> None:
        inner = tmp_path / "a" / "b"
        inner.mkdir(parents=True)
        (tmp_path / ".config").mkdir()
        (tmp_path / ".config" / "tasker-ci.toml").write_text('workspace = "a"\n', encoding="utf-8")
        context = self.seen(
            inner,
            environment={"A": "1"},
            overrides=("toolchain=beta",),
            tool="x",
            passthrough=("y",),
        )
        assert context.project_root == tmp_path
        assert context.workspace == tmp_path / "a"
        assert context.directory == inner
        assert context.environment == {"A": "1"}
        assert context.settings.toolchain == "beta"
        assert context.passthrough == ("y",)

    def test_a_workspace_that_is_a_member_means_the_whole(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["a"]\n', encoding="utf-8")
        (tmp_path / "a" / "Cargo.toml").write_text('[package]\nname = "a"\n', encoding="utf-8")
        assert self.seen(tmp_path, overrides=("workspace=a",)).workspace == tmp_path

    def test_a_workspace_that_is_not_there_is_not_looked_for_elsewhere(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "Cargo.toml").write_text("[workspace]\n", encoding="utf-8")
        context = self.seen(tmp_path, overrides=("workspace=typo",))
        assert context.workspace == tmp_path / "typo"


def test_an_override_may_hold_more_of_the_sign() -> None:
    assert parse_overrides(("a=b=c", "d=")) == [("a", "b=c"), ("d", "")]
    with pytest.raises(UsageError):
        parse_overrides(("a",))


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8"])
def test_a_folder_of_any_letters_is_fine_where_names_are_utf_8(encoding: str) -> None:
    check_encoding("/home/me/größe ☃", encoding)
    check_encoding("/home/me", "ascii")


@pytest.mark.parametrize("folder", ["/home/gr\udcc3\udcb6sse", "/home/größe"])
@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1"])
def test_a_locale_without_the_letters_of_a_folder_is_named(folder: str, encoding: str) -> None:
    with pytest.raises(AccessError, match=f"as {encoding} here") as caught:
        check_encoding(folder, encoding)
    assert "PYTHONUTF8" in caught.value.next_step


def test_so_is_one_that_lacks_the_letters_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    error = UnicodeEncodeError("ascii", "größe", 2, 3, "ordinal not in range(128)")
    assert access_error(error) is None  # names are UTF-8 here: it is about something else
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    found = access_error(error)
    assert found is not None
    assert "as ascii here" in found.message


@pytest.mark.parametrize(("runs", "path"), [("", "/bin"), ("tests", ".:/bin")])
def test_a_session_that_runs_nothing_of_the_project_looks_for_programs_in_no_relative_folder(
    tmp_path: Path, runs: str, path: str
) -> None:
    seen = []

    def look(context: Context) -> Outcome:
        seen.append(context.environment["PATH"])
        return Outcome(summary="")

    assert run(look, tmp_path, runs=runs, environment={"PATH": ".:/bin"}).exit_code == 0
    assert seen == [path]


@pytest.mark.parametrize(
    ("outcome", "proves"),
    [
        pytest.param(Outcome(summary="fine"), True, id="green"),
        pytest.param(Outcome(summary="fine", data={"flaky": 1}), False, id="flaky"),
        pytest.param(Outcome(summary="some", status=Status.SKIPPED), False, id="skipped"),
        pytest.param(
            Outcome(summary="none", status=Status.SKIPPED, absent=True), True, id="nothing there"
        ),
        pytest.param(Outcome(summary="no", status=Status.NOT_CHECKED), False, id="not checked"),
    ],
)
def test_a_step_says_whether_its_session_proves_something(
    tmp_path: Path, outcome: Outcome, *, proves: bool
) -> None:
    file = tmp_path / "output"
    given = {"PATH": "", "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(file)}

    run(lambda _context: outcome, tmp_path, environment=given)

    assert ("proves=true" in file.read_text(encoding="utf-8").splitlines()) == proves
