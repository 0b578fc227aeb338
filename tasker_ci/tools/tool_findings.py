"""What a tool of its own found, told in one way: table, annotations, `--json`, one sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tasker_ci.context import Outcome
from tasker_ci.errors import CommandFailed
from tasker_ci.process.command import Command, Output
from tasker_ci.screen.reporter import Table
from tasker_ci.text.foreign import shortened, without_sequences
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import SIGNALS
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.code_annotations import annotate_lines
from tasker_ci.tools.on_demand import ensure_tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tasker_ci.context import Context
    from tasker_ci.process.command import Completed

_MOST_ROWS = 50
_MOST_CHARACTERS = 2_000
WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class ToolFinding:
    """One thing that a tool found; it has no ``file`` where it has no place."""

    code: str
    """The name of the rule."""
    message: str
    file: str | None = None
    """Relative to the folder where the tool ran."""
    line: int = 0
    """From 1; 0 for the file as a whole."""
    fix: str = ""
    """What to do about it; empty where the tool does not say."""
    fixable: bool = False
    """Whether the tool can do that itself."""
    level: str = "error"
    """``error``, or ``warning``, which is not red."""

    @property
    def place(self) -> str:
        """``file:line``, or as much of it as is known."""
        if not self.file:
            return ""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def told(self) -> str:
        """What is wrong, and what to do about it."""
        return f"{self.message}: {self.fix}" if self.fix else self.message


@dataclass(frozen=True, kw_only=True)
class ToolVerdict:
    """What a run of a tool means."""

    findings: tuple[ToolFinding, ...]
    words: Mapping[str, tuple[str, str]]
    """What findings are called, one and several, by their codes; those of others are findings."""
    clean: str
    """The summary where nothing is red."""
    step: str
    """What to do about what is red."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """What `--json` tells beside the findings."""


def tool_command(context: Context, name: str, *arguments: str, folder: Path) -> Command:
    """A pinned tool in a folder; it is installed first where that is wanted.

    The toolchain of the settings counts for a tool that calls cargo. Raises what `ensure_tool`
    raises.
    """
    program = ensure_tool(context, name)
    environment = child_environment(context)
    if context.settings.toolchain:
        environment["RUSTUP_TOOLCHAIN"] = context.settings.toolchain
    return Command(argv=(program.name, *arguments), cwd=folder, environment=environment)


def run_tool(context: Context, command: Command) -> Completed:
    """Run a tool whose standard output is an answer.

    Raises `CommandFailed` for one that a signal ended.
    """
    with context.reporter.running(str(command)):
        completed = context.runner.run(command, output=Output.CAPTURE)
    if completed.exit_code in SIGNALS:
        message = f"`{command.argv[0]}` ended by a signal: {SIGNALS[completed.exit_code]}."
        step = "`tasker-ci doctor` looks at memory and disk."
        raise CommandFailed(message, exit_code=completed.exit_code, next_step=step)
    return completed


def tool_failure(command: Command, completed: Completed, meaning: str, step: str) -> CommandFailed:
    """The error for a tool that could not do its work, in its own words, with its exit code."""
    said = without_sequences(completed.stderr.strip() or completed.stdout.strip())
    said = shortened(said, _MOST_CHARACTERS) or f"it said nothing (`{command}`)"
    message = f"{meaning} (exit code {completed.exit_code}):\n{said}"
    return CommandFailed(message, exit_code=completed.exit_code, next_step=step)


def tell_verdict(
    context: Context, session: str, folder: Path, completed: Completed, verdict: ToolVerdict
) -> Outcome:
    """Show what was found, and attach it to its lines on GitHub.

    ``folder`` is where the files of the findings lie. Red is what the tool itself calls red, by its
    exit code. Raises `CommandFailed` for that, with the tool's code.
    """
    findings = sorted(verdict.findings, key=lambda each: each.level == WARNING)
    annotate_lines(
        context, session, folder, [replace(each, message=each.told) for each in findings]
    )
    data = {"findings": [asdict(each) for each in findings], **verdict.data}
    if findings:
        _show(context, session, findings)
    if completed.exit_code:
        raise CommandFailed(
            _sentence(findings, verdict.words),
            exit_code=completed.exit_code,
            next_step=verdict.step,
            data=data,
        )
    warnings = sum(each.level == WARNING for each in findings)
    more = f"; {counted(warnings, 'warning')}" if warnings else ""
    return Outcome(summary=f"{verdict.clean}{more}", data=data)


def _show(context: Context, session: str, findings: Sequence[ToolFinding]) -> None:
    fixes = any(each.fix for each in findings)
    rows = tuple(
        (each.place or "-", _worded(each), *((each.fix,) if fixes else ()))
        for each in findings[:_MOST_ROWS]
    )
    columns = ("where", "what", *(("how to fix it",) if fixes else ()))
    context.reporter.table(Table(columns=columns, rows=rows))
    left = len(findings) - _MOST_ROWS
    if left > 0:
        line = context.face.command_line(session, "--json")
        context.reporter.line(f"and {left} more: {line}", "dim")


def _worded(finding: ToolFinding) -> str:
    return f"warning: {finding.message}" if finding.level == WARNING else finding.message


def _sentence(findings: Sequence[ToolFinding], words: Mapping[str, tuple[str, str]]) -> str:
    """How many of what, and the first with its place."""
    red = [each for each in findings if each.level != WARNING] or findings
    first = red[0]
    files = len({each.file for each in red if each.file})
    where = f" in {counted(files, 'file')}" if files > 1 else ""
    order = "first " if len(red) > 1 else ""
    place = f"{first.place}: " if first.place else ""
    return f"{', '.join(_counts(red, words))}{where}, {order}{place}{first.told}."


def _counts(findings: Sequence[ToolFinding], words: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    named = [words.get(each.code, ("finding", "findings")) for each in findings]
    for word, many in dict.fromkeys(named):
        yield counted(named.count((word, many)), word, many)
