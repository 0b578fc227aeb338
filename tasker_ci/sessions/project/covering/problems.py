"""Why what stands in a foreign job is not what a session does, whatever the command is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.contexts import contexts_of
from tasker_ci.foreign.github.values import Partial, Unknown

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Step
    from tasker_ci.foreign.github.job_run import JobRun
    from tasker_ci.foreign.written_steps import WrittenCommand, WrittenStep

_SHELLS = {"", "bash", "sh"}
_OURS = re.compile(r"ubuntu-(latest|\d\d\.\d\d)")
_FAILED = re.compile(r"failure\(\)|cancelled\(\)")
_NOT_FAILED = re.compile(r"!\s*(failure|cancelled)\(\)")
_MANIFESTS = re.compile(r"\bCargo\.(toml|lock)\b|\.rs\b|rust-toolchain|\.cargo/config")
_EDITORS = {"rm", "mv", "cp", "sed", "perl", "awk", "patch", "tee"}
_CARGO_EDITORS = {
    *("update", "add", "remove", "rm", "upgrade", "generate-lockfile", "minimal-versions", "init"),
    *("set-version", "fix", "hakari", "vendor"),
}
_GIT_EDITORS = {"apply", "checkout", "switch", "reset", "merge", "stash", "am", "rebase", "pull"}
_SOURCE = re.compile(r"(?:(?<=^)|(?<=[;&|(]))\s*(?:source|\.)\s+[\"']?(?P<file>[^\s;&|\"']+)")
_HARMLESS_SOURCES = (".cargo/env", "/bin/activate")
_PRINTS = {"echo", "printf", "cat", "tee"}
_UNKNOWN_VARIABLES = "an earlier step sets variables that are not known"


def problem_of_job(run: JobRun, runners: tuple[str, ...]) -> str:
    """Why no command of a leg is what a session does; "" where nothing says so."""
    labels = run.machine.labels
    if not labels or not all(label in runners or _OURS.fullmatch(label) for label in labels):
        shown = ", ".join(labels or run.job.runs_on) or "a machine that is not named"
        return f"it runs on {shown}"
    if run.job.container is not None:
        return f"it runs in the container {run.machine.container or run.job.container}".rstrip()
    if isinstance(run.leg, Partial) or any(isinstance(each, Unknown) for each in run.leg.values()):
        return "its matrix is known only when it runs"
    if found := _condition(run.job.condition, run):
        return found
    return "nothing starts it" if run.runs is False else ""


def problem_of_step(step: Step, run: JobRun) -> str:
    """The same of one step."""
    if found := _condition(step.condition, run):
        return found
    shell = step.shell or run.job.shell or run.workflow.shell or ""
    if step.run is not None and shell.split(" ")[0] not in _SHELLS:
        return f"its shell is {shell}"
    return ""


def after_action(uses: str, written: WrittenStep) -> str:
    """Why nothing after an action of the repository is what a session does."""
    if uses.startswith("./") and written.opaque:
        return f"it runs after {uses}, which may change anything"
    return next((text for each in written.leads_to if (text := _after(each))), "")


def after_command(written: WrittenCommand) -> str:
    """Why nothing after a command is what a session does."""
    command = written.command
    files = (*command.redirected_to, *command.words, *(w for p in command.piped_to for w in p))
    if "$GITHUB_ENV" in files and (command.words or ("",))[0] not in _PRINTS:
        return _UNKNOWN_VARIABLES
    found = (_after(each) for each in (command, *written.leads_to))
    return next((text for text in found if text), "")


def after_sources(script: str, folder: PurePosixPath | None, checkout: Checkout) -> dict[int, str]:
    """By the number of a line why nothing from there on is what a session does.

    A file that the shell takes in and that is not in the repository may change anything.
    """
    found = {}
    for number, line in enumerate(script.splitlines()):
        for each in _SOURCE.finditer(line):
            inside = folder is not None and checkout.has(folder / each["file"].removeprefix("./"))
            if not inside and not each["file"].endswith(_HARMLESS_SOURCES):
                found[number] = f"it runs after `{each[0].strip()}`, which may change anything"
    return found


def _after(command: Command) -> str:
    if not _changes_code(command):
        return ""
    return f"it runs after `{command.text}`, which changes what is built"


def _changes_code(command: Command) -> bool:
    """Whether a command changes manifests, Cargo.lock or sources before they are built."""
    name, *rest = command.words or ("",)
    if name == "cargo":
        words = [word for word in rest if word and not word.startswith(("-", "+"))]
        return bool(words) and words[0] in _CARGO_EDITORS
    if name == "git":
        return bool(rest) and rest[0] in _GIT_EDITORS
    written = any(file and _MANIFESTS.search(file) for file in command.redirected_to)
    return written or (name in _EDITORS and bool(_MANIFESTS.search(command.text)))


def _condition(condition: str | None, run: JobRun) -> str:
    if not condition:
        return ""
    if _FAILED.search(_NOT_FAILED.sub("", condition)):
        return "it runs only after a failure"
    if contexts_of(run).holds(condition):
        return ""
    return f"it runs only if {' '.join(condition.split())}"
