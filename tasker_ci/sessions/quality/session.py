"""Formatting, lints, documentation."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tasker_ci.context import Context, Outcome
from tasker_ci.process.command import Command, Output
from tasker_ci.rust.cargo_configuration import cargo_configurations
from tasker_ci.rust.workspace import find_workspace_root
from tasker_ci.sessions.quality.format_errors import read_format
from tasker_ci.sessions.quality.formatting import check_that_files_are_ours, format_command
from tasker_ci.sessions.quality.settings import ClippySettings, DocSettings
from tasker_ci.stack.beside import with_services
from tasker_ci.text.plurals import counted
from tasker_ci.tools.cargo import (
    cargo,
    color_arguments,
    failure_of,
    feature_arguments,
    raise_if_failed,
    read_workspace,
    run_cargo,
)
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.code_annotations import annotate_code
from tasker_ci.tools.compiler_messages import CompilerFinding, CompilerFindings
from tasker_ci.tools.feature_advice import exclusive, first_error
from tasker_ci.tools.rust_programs import RustPrograms
from tasker_ci.tools.target_folders import check_directory

if TYPE_CHECKING:
    from tasker_ci.sessions.quality.settings import ClippyTargets


_UNKNOWN_LINT = "E0602"


def fmt(
    context: Context,
    *,
    fix: Annotated[bool, "Format the files instead of checking them."] = False,
) -> Outcome:
    """Check that the code of all members is formatted (cargo fmt).

    Path dependencies that are no members are left alone.
    """
    environment = child_environment(context)
    arguments = () if fix else ("--check",)
    if context.dry_run:
        root = find_workspace_root(context.workspace) or context.workspace
        return context.preview(format_command(context, environment, root, *arguments))
    workspace = read_workspace(context, environment)
    command = format_command(context, environment, workspace.root, *arguments)
    if fix:
        check_that_files_are_ours(context, environment, workspace)
    say = context.reporter.output
    completed = run_cargo(context, command, output=Output.CAPTURE, on_line=say, on_error_line=say)
    reading = read_format(completed.stdout, completed.stderr, workspace.root)
    annotate_code(context, "fmt", workspace.root, reading.findings)
    step = reading.step or f"Format it: {context.face.command_line('fmt', '--fix')}"
    raise_if_failed(context, command, completed, reading.message, step)
    unused = f"; rustfmt ignores {', '.join(reading.ignored)}" if reading.ignored else ""
    return Outcome(summary=("formatted" if fix else "all code is formatted") + unused)


def clippy(
    context: Context,
    *,
    fix: Annotated[bool, "Apply clippy's suggestions to the files."] = False,
) -> Outcome:
    """Lint all targets, warnings are errors (cargo clippy)."""
    settings = context.settings_of(ClippySettings)
    environment = child_environment(context, sccache=True)
    command = cargo(
        context,
        "clippy",
        "--workspace",
        *_targets(settings.targets),
        *feature_arguments(settings.features, context),
        *(("--fix", "--allow-dirty", "--allow-staged", "--allow-no-vcs") if fix else ()),
        "--target-dir",
        str(check_directory(context).path),
        *(() if fix else ("--message-format", _message_format(context))),
        *color_arguments(context),
        *(("--", *settings.lint_arguments) if settings.lint_arguments else ()),
        environment=environment,
    )
    if context.dry_run:
        return context.preview(command)
    return with_services(
        context,
        "clippy",
        settings.services,
        environment,
        lambda found: _lint(context, replace(command, environment=found), fix=fix),
    )


def _root(context: Context) -> Path:
    """The folder that the compiler names files from."""
    return find_workspace_root(context.workspace) or context.workspace


def _targets(targets: ClippyTargets) -> tuple[str, ...]:
    return ("--all-targets",) if targets == "all" else tuple(f"--{kind}" for kind in targets)


def _lint(context: Context, command: Command, *, fix: bool) -> Outcome:
    findings = CompilerFindings(context)
    if fix:  # whose messages are about what it has changed
        completed = run_cargo(context, command)
    else:
        completed = run_cargo(context, command, output=Output.CAPTURE_STDOUT, on_line=findings.read)
    annotate_code(context, "clippy", _root(context), findings.found)
    if completed.exit_code:
        raise failure_of(context, command, completed, *_about(context, command, findings))
    if fix:  # green whatever is left, so nothing can be said about that
        return Outcome(summary="what clippy can fix is fixed")
    data = {"findings": findings.data()}
    if findings.found:
        return Outcome(summary=f"{findings.counts}, first {findings.found[0]}", data=data)
    return Outcome(summary="no lint, no warning", data=data)


def _about(context: Context, command: Command, findings: CompilerFindings) -> tuple[str, str]:
    """What a failed run of clippy means, and the next step."""
    found = findings.found
    broken = [each for each in found if each.level != "warning" and not each.of_lint]
    if not any(each.file for each in broken or found) and _refuses_lints(context, command, broken):
        message = f"rustc refuses the lint arguments{f': {broken[0].message}' if broken else ''}."
        words = shlex.join(context.settings_of(ClippySettings).lint_arguments)
        return message, f"Fix the setting `clippy.lint-arguments`, which is {words} here."
    if broken:
        message = f"The code does not compile: {counted(len(broken), 'error')}, first {broken[0]}."
        return message, first_error("clippy.features", refused=findings.refused)
    if not found:
        return "Clippy failed.", "Read its message above."
    errors = [each for each in found if each.level != "warning"] or found
    files = f" in {counted(findings.files, 'file')}" if findings.files else ""
    message = f"Clippy found {counted(len(found), 'problem')}{files}, first {errors[0]}."
    return message, f"{context.face.command_line('clippy', '--fix')} applies what clippy can fix."


def _refuses_lints(context: Context, command: Command, broken: list[CompilerFinding]) -> bool:
    """Whether the arguments for the lints are to blame: the compiler is asked without any code."""
    if any(each.code == _UNKNOWN_LINT for each in broken):
        return True
    asked = ("--print", "crate-name", "-", *context.settings_of(ClippySettings).lint_arguments)
    return RustPrograms.of(context, command.environment).ask("rustc", *asked).exit_code != 0


def doc(context: Context) -> Outcome:
    """Build the documentation, private items too, and count its warnings (cargo doc)."""
    deny = context.settings_of(DocSettings).warnings == "deny"
    environment = child_environment(context, sccache=True)
    denial = _deny_warnings(context, environment) if deny else ()
    directory = check_directory(context).path
    command = cargo(
        context,
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        *feature_arguments(context.settings_of(DocSettings).features, context),
        "--target-dir",
        str(directory),
        *denial,
        "--message-format",
        _message_format(context),
        *color_arguments(context),
        environment=environment,
    )
    if context.dry_run:
        return context.preview(command)
    return with_services(
        context,
        "doc",
        context.settings_of(DocSettings).services,
        environment,
        lambda found: _document(context, replace(command, environment=found), directory, deny=deny),
    )


def _document(context: Context, command: Command, directory: Path, *, deny: bool) -> Outcome:
    findings = CompilerFindings(context)
    completed = run_cargo(context, command, output=Output.CAPTURE_STDOUT, on_line=findings.read)
    annotate_code(context, "doc", _root(context), findings.found)
    raise_if_failed(
        context,
        command,
        completed,
        "Documentation cannot be built" + (f": {findings.counts}." if findings.errors else "."),
        "Fix the places named above"
        + ('; `doc.warnings = "deny"` makes warnings errors.' if deny else ".")
        + (f" {exclusive('doc.features')}" if findings.refused else ""),
    )
    folders = sorted(findings.folders) or _found(directory)
    pages = ", ".join(map(str, folders))
    return Outcome(
        summary=f"{findings.counts}; " + (f"pages in {pages}" if pages else "no pages"),
        data={
            "warnings": findings.warnings,
            "errors": findings.errors,
            "pages": [str(folder) for folder in folders],
        },
    )


def _deny_warnings(context: Context, environment: dict[str, str]) -> tuple[str, ...]:
    """Make rustdoc's warnings errors beside the flags that are set already, wherever that is.

    Cargo takes the first place that has any and ignores the others, so ours go to that one: a
    variable (changed in ``environment``), or the configuration, as arguments (returned). There
    lists are joined, but a text replaces a text.
    https://doc.rust-lang.org/cargo/reference/config.html#buildrustdocflags
    """
    for name, separator in (("CARGO_ENCODED_RUSTDOCFLAGS", "\x1f"), ("RUSTDOCFLAGS", " ")):
        if name in environment:
            given = [environment[name]] if environment[name] else []
            environment[name] = separator.join([*given, "-D", "warnings"])
            return ()
    places: dict[str, Any] = {"build": []}
    for _, document in reversed([*cargo_configurations(context.workspace, environment)]):
        tables = {"build": document.get("build")}
        if isinstance(targets := document.get("target"), dict):
            tables |= {f"target.{json.dumps(name)}": table for name, table in targets.items()}
        for place, table in tables.items():
            if isinstance(table, dict) and "rustdocflags" in table:
                places[place] = table["rustdocflags"]
    return tuple(
        word
        for place, given in places.items()
        for word in ("--config", f"{place}.rustdocflags={_with_denial(given)}")
    )


def _with_denial(given: Any) -> str:
    return json.dumps(f"{given} -D warnings" if isinstance(given, str) else ["-D", "warnings"])


def _message_format(context: Context) -> str:
    return "json-diagnostic-rendered-ansi" if context.reporter.color else "json"


def _found(directory: Path) -> list[Path]:
    """The folders of pages that are there, for a cargo whose messages do not name them."""
    return sorted(each for each in (directory / "doc", *directory.glob("*/doc")) if each.is_dir())
