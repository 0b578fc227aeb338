"""The generated files under the strictest public checkers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

from tasker_ci.context import Context, Outcome
from tasker_ci.errors import MissingToolError, NotChecked
from tasker_ci.process.command import Command
from tasker_ci.sessions.project.errors import WorkflowFindings, WrongPins
from tasker_ci.sessions.project.pinned_tags import read_tags, tag_commands
from tasker_ci.sessions.project.sync import check_files, inputs_of
from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.plurals import are, counted
from tasker_ci.tools.on_demand import ensure_tool
from tasker_ci.tools.pins import wanted_tools
from tasker_ci.tools.places import found_tool, tool_environment
from tasker_ci.workflows import dependabot, zizmor
from tasker_ci.workflows.orchestrator import FOLDER
from tasker_ci.workflows.pins import pinned_actions
from tasker_ci.workflows.plan import planned_files
from tasker_ci.workflows.setup_env import ACTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasker_ci.workflows.inputs import Inputs

_SCHEMAS = "check-jsonschema"


@dataclass(frozen=True, kw_only=True)
class _Files:
    """The generated files that checkers read, by what they are."""

    workflows: tuple[str, ...]
    others: tuple[str, ...]
    """The action and Dependabot's configuration."""
    zizmor: str | None
    """The configuration of zizmor."""

    @classmethod
    def of(cls, inputs: Inputs) -> _Files:
        paths = [file.path for file in planned_files(inputs)]
        return cls(
            workflows=tuple(
                str(path) for path in paths if path.parent == FOLDER and path.suffix == ".yml"
            ),
            others=tuple(str(path) for path in (ACTION, dependabot.PATH) if path in paths),
            zizmor=str(zizmor.PATH) if zizmor.PATH in paths else None,
        )


def workflows(
    context: Context,
    *,
    pins: Annotated[
        bool, "Compare every pinned action with its tag on GitHub, and do nothing else."
    ] = False,
) -> Outcome:
    """Check that the generated files are current, and let the linters of workflows read them.

    zizmor (auditor persona, offline) and check-jsonschema, and actionlint where it is there. They
    get the generated files by name: what else lies in .github is not ours to judge.
    """
    if pins:
        return _check_pins(context)
    inputs = inputs_of(context)
    files = _Files.of(inputs)
    if context.dry_run:
        return context.preview(*_commands(context, inputs, files))
    current = check_files(context)
    commands = list(_commands(context, inputs, files))
    unhappy = []
    for command in commands:
        with context.reporter.running(str(command)):
            completed = context.runner.run(command)
        if completed.exit_code:
            unhappy.append(PurePosixPath(command.argv[0]).name)
    names = tuple(dict.fromkeys(PurePosixPath(command.argv[0]).name for command in commands))
    absent = () if "actionlint" in names else ("actionlint",)
    data = {**current.data, "checked_by": list(names), "absent": list(absent), "failed": unhappy}
    if unhappy:
        raise WorkflowFindings(
            f"{', '.join(dict.fromkeys(unhappy))}: the generated files are not as they should be.",
            next_step="Read what is printed above: a setting may bring it about. Without one it is "
            "a defect of tasker-ci, which its maintainers want to know.",
            data=data,
        )
    summary = f"{current.summary}; {', '.join(names)} have nothing to say"
    if absent:
        summary += "; actionlint is not installed and was not asked"
    return Outcome(summary=summary, data=data)


def _check_pins(context: Context) -> Outcome:
    """Compare the pins with their tags; raises `NotChecked` where GitHub did not answer for all."""
    actions = pinned_actions(context.settings).values()
    if context.dry_run:
        return context.preview(*tag_commands(context, actions))
    reading = read_tags(context, actions)
    data = {
        "verified": list(reading.verified),
        "wrong": list(reading.wrong),
        "unread": list(reading.unread),
    }
    for line in (*reading.wrong, *reading.unread):
        context.reporter.line(line, "yellow")
    if reading.wrong:
        wrong = f"{counted(len(reading.wrong), 'pin')} {are(len(reading.wrong))}"
        raise WrongPins(
            f"{wrong} not what the tag on GitHub names.",
            next_step="Do not run the workflows: find out who moved the tag. A pin of your own is "
            f"in [pins] of {SETTINGS_FILE}.",
            data=data,
        )
    verified = f"{counted(len(reading.verified), 'pin')} verified"
    if reading.unread:
        unread = counted(len(reading.unread), "repository", "repositories")
        raise NotChecked(
            f"GitHub could not be asked for {unread}; {verified}.",
            next_step="Run it again where github.com can be reached.",
            data=data,
        )
    return Outcome(summary=f"{verified} against the tags on GitHub", data=data)


def _commands(context: Context, inputs: Inputs, files: _Files) -> Iterator[Command]:
    """Every checker with its files, actionlint only where it is there."""
    environment = tool_environment(context)

    def command(*argv: str) -> Command:
        return Command(argv=argv, cwd=context.project_root, environment=environment)

    color = "always" if context.reporter.color else "never"
    # Without --offline it would ask GitHub wherever a token lies in the environment.
    yield command(
        str(ensure_tool(context, "zizmor")),
        *("--persona=auditor", "--offline", "--no-progress", "--strict-collection"),
        f"--color={color}",
        *(("--config", files.zizmor) if files.zizmor else ("--no-config",)),
        *files.workflows,
        *files.others,
    )
    schemas = str(schema_checker(context, _found(context, _SCHEMAS)))
    for schema, instances in _schemas(files):
        options = ("--color", color, "--builtin-schema", schema)
        yield command(schemas, *options, *instances)
    linter = _found(context, "actionlint")
    if linter is not None:
        color_flag = "-color" if context.reporter.color else "-no-color"
        yield command(str(linter), color_flag, *_ignored(inputs), *files.workflows)


def _schemas(files: _Files) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "vendor.github-workflows", files.workflows
    yield "custom.github-workflows-require-timeout", files.workflows
    schema_of = {
        str(ACTION): "vendor.github-actions",
        str(dependabot.PATH): "vendor.dependabot",
    }
    for path in files.others:
        yield schema_of[path], (path,)


def _ignored(inputs: Inputs) -> Iterator[str]:
    """What actionlint cannot know: references with `$/`, labels of runners of one's own."""
    settings = inputs.settings.workflows
    if settings.references == "$/":
        yield from ("-ignore", r'action "\$/\.github/actions/[\w-]+" in invalid format')
        yield from ("-ignore", r'reusable workflow call "\$/\.github/workflows/[\w.-]+" at "uses"')
    yield from ("-ignore", r'label "[^"]*" is unknown')


def _found(context: Context, name: str) -> Path | None:
    tool = wanted_tools(context.loaded)[name]
    found = found_tool(context, tool)
    return None if found is None else found.path


def schema_checker(context: Context, found: Path | None) -> Path:
    """Where check-jsonschema is, which the wheels that `tools` installs cannot bring.

    It is a Python package with others behind it. Raises `MissingToolError`; in a dry run the bare
    name stands for a program that is not there.
    """
    if found is not None or context.dry_run:
        return found or Path(_SCHEMAS)
    purpose = wanted_tools(context.loaded)[_SCHEMAS].purpose
    raise MissingToolError(
        f"{_SCHEMAS} is not installed ({purpose}).",
        next_step="Install tasker-ci with its extra `tools`, from where it came: tasker-ci[tools].",
    )
