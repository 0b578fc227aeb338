"""The session `spelling`."""

from __future__ import annotations

from typing import Annotated

from tasker_ci.context import Context, Outcome
from tasker_ci.sessions.spelling.answer import TYPO, UNREADABLE, read_answer
from tasker_ci.sessions.spelling.configuration import NAMES, configuration_file
from tasker_ci.tools.tool_findings import (
    ToolVerdict,
    run_tool,
    tell_verdict,
    tool_command,
    tool_failure,
)

_RED = 2
_UNREADABLE = 1
"""The exit codes of typos for misspelled words, and for files that it cannot read."""

_WORDS = {TYPO: ("misspelled word", "misspelled words"), UNREADABLE: ("file", "files")}


def spelling(
    context: Context,
    *,
    fix: Annotated[bool, "Correct the words that have one correction."] = False,
) -> Outcome:
    """Find misspelled words in all files of the project (typos)."""
    root = context.project_root
    words = ("--write-changes",) if fix else ()
    command = tool_command(context, "typos", "--sort", "--format", "json", *words, folder=root)
    if context.dry_run:
        return context.preview(command)
    completed = run_tool(context, command)
    configuration = configuration_file(root, context.workspace) or NAMES[0]
    if completed.exit_code not in {0, _UNREADABLE, _RED}:
        meaning = f"typos cannot look at {root}"
        raise tool_failure(command, completed, meaning, f"Fix what it names, in {configuration}.")
    findings = read_answer(completed.stdout)
    if completed.exit_code and not findings:
        raise tool_failure(command, completed, f"typos cannot look at {root}", "Fix what it names.")
    allow = f'name a word that is right in {configuration}: `[default.extend-words] word = "word"`'
    correct = "Correct them"
    if any(each.fixable for each in findings) and not fix:
        correct = context.face.command_line("spelling", "--fix")
    return tell_verdict(
        context,
        "spelling",
        root,
        completed,
        ToolVerdict(
            findings=findings,
            words=_WORDS,
            clean="no misspelled words",
            step=f"{correct}   or {allow}",
        ),
    )
