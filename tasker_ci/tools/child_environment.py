"""The environment of what a session runs: the table, our tools, sccache where it answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.context import CODE_VARIABLE, RUN_VARIABLE
from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command, Output
from tasker_ci.settings import environment as table
from tasker_ci.settings.token_variables import cargo_tokens, secret_values, without_tokens
from tasker_ci.text.masking import Secrets, says_secret
from tasker_ci.tools.compiler_wrapper import SCCACHE, lies_within, plan_wrapping
from tasker_ci.tools.places import tool_environment
from tasker_ci.tools.safe_toolchain import safe_toolchain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.context import Context
    from tasker_ci.rust.cargo_configuration import Given
    from tasker_ci.tools.compiler_wrapper import Wrapping

_HARMLESS = {
    "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_TARGET", "CARGO_INCREMENTAL",
    "CARGO_TERM_COLOR", "RUSTFLAGS", "RUSTDOCFLAGS", "RUST_BACKTRACE",
}  # fmt: skip
"""What a session that runs nothing of the project takes from its settings."""

_STORAGE = ("SCCACHE_", "AWS_", "ACTIONS_")
"""What names of variables begin with that say where sccache keeps its cache."""

PROBE_SECONDS = 30.0
"""How long sccache may take to answer; it starts its server in 0.3 s."""


@dataclass(frozen=True, kw_only=True)
class Sccache:
    """Whether sccache wraps the compiler, and the variables by which that is so."""

    answers: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    """They win over the table and over what the process has set."""


NOT_ASKED = Sccache()


def child_environment(
    context: Context,
    *,
    secrets: bool = False,
    sccache: bool = False,
    all_tokens: bool = False,
    **extra: str,
) -> dict[str, str]:
    """The environment of a child: this process, the table, our tools first on PATH, ``extra``.

    ``secrets`` hands over the run's keys (only to sessions that run the workspace's own code),
    ``sccache`` lets compilations go through sccache if it answers. Tokens of this process stay out
    (`token_variables`): with ``secrets`` all of them (`private_dependencies` needs them before),
    else cargo keeps those by which it fetches. ``all_tokens`` is for tools that run no code of the
    project, as a scanner. All of it is resolved once a session.
    """
    resolved = context.once(
        lambda each: _resolve(each, secrets=secrets, sccache=sccache, all_tokens=all_tokens),
        "child environment",
        secrets,
        sccache,
        all_tokens,
    )
    return {**resolved, **extra}


def _resolve(context: Context, *, secrets: bool, sccache: bool, all_tokens: bool) -> dict[str, str]:
    base = tool_environment(context)
    for name in (RUN_VARIABLE, CODE_VARIABLE):
        base.pop(name, None)  # between `ci` and its sessions, no matter of what they run
    asked = NOT_ASKED
    if sccache and context.runs_code:
        asked = context.once(lambda each: ask_sccache(each, base), "sccache")
    rows = table.resolve(
        context.loaded,
        context.environment,
        with_secrets=secrets,
        make_keys=secrets and not context.dry_run,
        sccache=asked.answers,
    )
    variables = table.variables(context.loaded)
    named = {name for name, row in variables.items() if secrets or not row.secret}
    if not all_tokens:
        kept = {} if secrets else cargo_tokens(base)
        passed = context.settings.environment.pass_on
        base = {**without_tokens(base, named=named, passed=passed), **kept}
    if not secrets:
        base = {
            name: value for name, value in base.items() if name in named or name not in variables
        }
    _mask(context, rows)
    shown_only = {row.name: "" for row in rows if row.secret and row.value is None}
    if not context.runs_code:
        rows = tuple(row for row in rows if row.source == table.PROCESS or _is_harmless(row.name))
        base |= safe_toolchain(context, base)
    return {
        **base,
        **(shown_only if context.dry_run else {}),
        **table.values(rows),
        **asked.variables,
    }


def run_secrets(context: Context, environment: Mapping[str, str]) -> Secrets:
    """What nobody may see of a run with this ``environment``.

    The variables of the table that are secret or whose name says so, the tokens of this process,
    and the passwords of URLs.
    """
    hidden = {*secret_names(context), *filter(says_secret, table.variables(context.loaded))}
    return Secrets(
        {
            **secret_values(context.environment),
            **{name: environment[name] for name in hidden if environment.get(name)},
        },
        environment,
    )


def secret_names(context: Context) -> frozenset[str]:
    """The variables whose values nobody may see."""
    return frozenset(name for name, row in table.variables(context.loaded).items() if row.secret)


def _mask(context: Context, rows: tuple[table.EnvironmentRow, ...]) -> None:
    """Have GitHub hide the keys that were made for this run; those of a job are hidden already."""
    if context.dry_run or not table.is_github(context.environment):
        return
    from tasker_ci.text.log_masks import add_mask, masks

    for row in rows:
        if row.secret and row.value and row.source == table.MADE:
            for text in masks(row.value):
                context.reporter.instruction(add_mask(text))


def _is_harmless(name: str) -> bool:
    """Whether a variable that a clone's settings set makes no program of Rust's load anything."""
    return name in _HARMLESS or name.startswith("CARGO_PROFILE_")


def is_for_sccache(name: str) -> bool:
    """Whether a variable of a clone's settings may reach an sccache that is not the clone's."""
    return _is_harmless(name) or name.startswith(_STORAGE)


def ask_sccache(context: Context, environment: Mapping[str, str]) -> Sccache:
    """Ask sccache as cargo will call it; ``environment`` is this process with our tools on PATH.

    Says so when it does not answer. A session that runs nothing of the project asks with plain
    rustc, outside of the project, without its `[env]`, and no sccache of the project.
    """
    wrapping = wrapping_of(context, environment)
    program = wrapping.program
    if context.runs_code:
        if wrapping.told and RUN_VARIABLE not in context.environment:  # `ci` says it for all
            context.reporter.line(f"note: {wrapping.told}")
        toolchain = context.settings.toolchain
        chosen = {"RUSTUP_TOOLCHAIN": toolchain} if toolchain else {}
        words, plain = wrapping.with_sccache, wrapping.without_sccache
        folder, variables = context.workspace, {**wrapping.environment, **chosen}
    else:
        if program and is_of_project(context, program):
            program = None
        words, plain = ((program, "rustc") if program else ("rustc",)), ("rustc",)
        folder, variables = Path(context.workspace.anchor), {**environment}
    question = Command(argv=(*words, "-vV"), cwd=folder, environment=variables)
    without = replace(question, argv=(*plain, "-vV"))
    beside = wrapping.beside if context.runs_code else None
    answers = bool(program) and (context.dry_run or _answers(context, question, without, beside))
    return Sccache(
        answers=answers, variables=wrapping.if_it_answers if answers else wrapping.if_not
    )


def wrapping_of(context: Context, environment: Mapping[str, str]) -> Wrapping:
    """What wraps the compiler in this workspace, before sccache was asked.

    ``environment`` is that of this process with our tools on PATH. The table is that without
    sccache, because its server keeps the variables it started with.
    """
    rows = table.resolve(
        context.loaded, context.environment, with_secrets=False, make_keys=False, sccache=False
    )
    row = table.variables(context.loaded).get("RUSTC_WRAPPER")
    own = row.value if row is not None and row.applies == "sccache" else SCCACHE
    return plan_wrapping(
        context.workspace,
        {**environment, **table.values(rows)},
        default=None if context.settings.sccache == "off" else own,
    )


def _answers(context: Context, question: Command, without: Command, beside: Given | None) -> bool:
    """Whether sccache can wrap the compiler here; says so when it cannot, and goes on without.

    `sccache rustc -vV` is cargo's first call: 0 when a server runs or starts (`--start-server`
    fails when one runs already). ``beside`` is a wrapper that it has to start.
    """
    try:
        answer = context.runner.run(question, output=Output.CAPTURE, timeout=PROBE_SECONDS)
        if answer.exit_code == 0:
            return True
        if context.runner.run(without, output=Output.CAPTURE, timeout=PROBE_SECONDS).exit_code:
            return False  # the compiler itself does not start: no fault here, and cargo says so
    except TaskerCIError as error:
        context.reporter.warning(f"{error.message} Compiling without sccache.")
        return False
    where = f" around {beside.program} ({beside.source})" if beside else ""
    reason = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
    context.reporter.warning(f"sccache does not answer{where} ({reason}). Compiling without it.")
    return False


def is_of_project(context: Context, program: str) -> bool:
    """Whether a program lies in the project, so that a clone can have brought it."""
    roots = (context.project_root, context.workspace)
    return lies_within(roots, program, context.environment.get("PATH", ""))
