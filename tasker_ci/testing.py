"""What tests of sessions use: a context in one line, and a runner that starts nothing.

With a session ``spelling`` that runs the program ``typos``::

    from tasker_ci.testing import RecordingRunner, make_context

    def test_spelling_can_fix(tmp_path):
        runner = RecordingRunner({"typos": ""})
        context = make_context(tmp_path, runner=runner)
        assert spelling(context, fix=True).summary == "no typos"
        assert runner.lines == ["typos --write-changes"]
"""

from __future__ import annotations

import io
import shlex
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.context import Context, Face
from tasker_ci.process.cancellation import Cancellation
from tasker_ci.process.command import Command, Completed, Output, Runner
from tasker_ci.screen.terminal import GitHubReporter, TerminalReporter
from tasker_ci.sessions import load_settings
from tasker_ci.settings.environment import is_github
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_writing import write_file

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Answer = str | Completed | BaseException | Callable[[Command], Completed]


class RecordingRunner:
    """A `Runner` that starts nothing: it answers from a table, and keeps what it was asked.

    ``answers`` has the first words of a command, and what comes of it: the text on its standard
    output, a `Completed`, an error to raise, or a function that makes a `Completed` of the
    `Command`. The longest beginning counts, and "" answers everything else. What the table does
    not have raises `AssertionError`::

        runner = RecordingRunner(
            {
                "cargo": "",
                "cargo deny check": Completed(exit_code=2, stderr="banned: left-pad"),
                "typos": MissingToolError("typos is not installed."),
            }
        )
        with pytest.raises(CommandFailed):
            licences(make_context(tmp_path, runner=runner))
        assert runner.lines == ["cargo deny check --hide-inclusion-graph"]
    """

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.commands: list[Command] = []
        """What was run, in order."""
        self.silent: set[str] = set()
        self.cancellation = Cancellation()
        self._answers = {tuple(shlex.split(key)): each for key, each in (answers or {}).items()}

    @property
    def lines(self) -> list[str]:
        """What was run, as one would type it."""
        return [shlex.join(command.argv) for command in self.commands]

    def run(
        self,
        command: Command,
        *,
        output: Output = Output.SHOW,  # noqa: ARG002 - nothing is shown
        timeout: float | None = None,  # noqa: ARG002 - it takes no time
        on_line: Callable[[str], None] | None = None,
        on_text: Callable[[str], None] | None = None,
        on_error_line: Callable[[str], None] | None = None,
        on_error_text: Callable[[str], None] | None = None,
        on_tick: Callable[[int, float], None] | None = None,  # noqa: ARG002
        cancelled: Callable[[], bool] | None = None,  # noqa: ARG002
        shielded: bool = False,  # noqa: ARG002
    ) -> Completed:
        """Keep the command and give its answer; what listens to its output gets the lines."""
        self.commands.append(command)
        answer = self._answer(command)
        if isinstance(answer, BaseException):
            raise answer
        if not isinstance(answer, (str, Completed)):
            answer = answer(command)
        completed = Completed(stdout=answer) if isinstance(answer, str) else answer
        for text, by_line, by_text in (
            (completed.stdout, on_line, on_text),
            (completed.stderr, on_error_line, on_error_text),
        ):
            if by_line is not None:
                for line in text.splitlines():
                    by_line(line)
            if by_text is not None and text:
                by_text(text.removesuffix("\n"))
        return completed

    def _answer(self, command: Command) -> Answer:
        for length in range(len(command.argv), -1, -1):
            answer = self._answers.get(command.argv[:length])
            if answer is not None:
                return answer
        known = ", ".join(map(shlex.join, self._answers)) or "nothing"
        message = f"There is no answer for `{shlex.join(command.argv)}`, only for {known}."
        raise AssertionError(message)

    def start(self, command: Command, *, output: int) -> subprocess.Popen[bytes]:  # noqa: ARG002
        """Raise `AssertionError`: a service that goes on by itself cannot be answered for."""
        message = f"Nothing is started here, so `{shlex.join(command.argv)}` is not."
        raise AssertionError(message)

    def beside(self, cancellation: Cancellation, **_: object) -> RecordingRunner:
        """Return the same for another session: what all of them ask is kept in one list."""
        runner = copy(self)
        runner.cancellation = cancellation
        return runner


@dataclass(frozen=True, kw_only=True)
class RecordedContext(Context):
    """A context whose reporter prints into a text."""

    screen: io.StringIO = field(repr=False, compare=False)

    @property
    def printed(self) -> str:
        """What the session has said so far."""
        return self.screen.getvalue()


def make_context(
    folder: Path,
    settings: str = "",
    *,
    runner: Runner | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: tuple[str, ...] = (),
    passthrough: tuple[str, ...] = (),
    directory: Path | None = None,
    face: Face = Face.CONSOLE,
    color: bool = False,
    dry_run: bool = False,
) -> RecordedContext:
    """What a session works with, in a project in ``folder``; `RecordedContext.printed` is its text.

    ``settings`` is the TOML of a settings file, which is written if it is given; ``overrides`` are
    settings as ``KEY=VALUE``. Without a ``runner`` no command has an answer. ``environment`` is the
    whole environment: without it nothing is on PATH, and HOME is ``folder``. With
    ``GITHUB_ACTIONS=true`` in it, what is printed is what a step on GitHub prints. ``directory`` is
    where the session runs, ``folder`` unless it is given; ``passthrough`` is what followed ``--``.

    Raises `SettingsError` for settings that cannot be used.
    """
    if settings:
        write_file(folder / SETTINGS_FILE, settings)
    if environment is None:
        environment = {"PATH": "", "HOME": str(folder)}
    pairs = [(key, value) for key, _, value in (each.partition("=") for each in overrides)]
    loaded = load_settings(folder, environment, pairs)
    screen = io.StringIO()
    summary, output = (environment.get(f"GITHUB_{name}", "") for name in ("STEP_SUMMARY", "OUTPUT"))
    return RecordedContext(
        project_root=folder,
        workspace=folder / loaded.settings.workspace,
        directory=directory or folder,
        loaded=loaded,
        environment=environment,
        reporter=GitHubReporter(screen, color=color, summary_file=summary, output_file=output)
        if is_github(environment)
        else TerminalReporter(screen, color=color),
        screen=screen,
        runner=runner or RecordingRunner(),
        face=face,
        dry_run=dry_run,
        passthrough=passthrough,
        overrides=overrides,
    )
