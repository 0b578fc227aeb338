"""What sessions need of this machine, looked at before any of them starts.

A missing toolchain, component or tool, a manifest that cannot be read and a compiler that is too
old would fail one session after the other; they are one error, found here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.context import Met
from tasker_ci.errors import MissingToolError, TaskerCIError
from tasker_ci.pipeline import stages_of, steps
from tasker_ci.rust.workspace import Workspace, read_metadata
from tasker_ci.tools.advice import how_to_install
from tasker_ci.tools.child_environment import child_environment
from tasker_ci.tools.on_demand import installs_on_demand
from tasker_ci.tools.pins import wanted_tools
from tasker_ci.tools.places import found_tool
from tasker_ci.tools.private_dependencies import fetch_dependencies
from tasker_ci.tools.rust_builds import absent_dependency, linker_problem, lock_problem
from tasker_ci.tools.rust_programs import COMPONENTS, RustPrograms, manifest_problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tasker_ci.context import Context
    from tasker_ci.pipeline import PlannedSession
    from tasker_ci.session import Rows

CARGO = "cargo"
MANIFEST = "manifest"
COMPILER = "compiler"
LINKER = "linker"
DEPENDENCIES = "dependencies"


def requirements_of(rows: Rows, names: Iterable[str], context: Context) -> tuple[str, ...]:
    """What these sessions need; one that runs others needs what they need."""
    found: dict[str, None] = {}
    sessions = rows.sessions
    for name in names:
        session = sessions[name]
        walked: tuple[PlannedSession, ...] = ()
        if session.walks:
            here = rows.in_pipeline(context.settings, context.workspace)
            stages = stages_of(context.settings, here.stages, images=False)
            walked = steps(here.sessions, stages)
        found |= dict.fromkeys(session.needs)
        found |= dict.fromkeys(need for step in walked for need in sessions[step.session].needs)
    return tuple(found)


def check_requirements(
    context: Context,
    needs: Collection[str],
    *,
    toolchain: str | None = None,
    packages: tuple[str, ...] = (),
) -> Met:
    """Raise one error for all of ``needs`` that is missing; it has exit code 3.

    Dependencies are fetched if a build will have no token for them. ``toolchain`` is that of a
    flag, ``packages`` are those that a flag chooses, () for all.
    """
    environment = child_environment(context)
    found = RustFound()
    if any(need in COMPONENTS or need in {CARGO, MANIFEST, COMPILER} for need in needs):
        programs = RustPrograms.of(context, environment, toolchain)
        found = look_at_rust(programs, needs, packages)
    problems = [*found.problems, *_missing_tools(context, needs)]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        kind = type(problems[0])
        raise kind(
            "\n".join(problem.message for problem in problems),
            next_step="\n".join(problem.next_step for problem in problems),
        )
    if DEPENDENCIES in needs:
        fetch_dependencies(context, environment)
    return Met(needs=frozenset(needs), manifests=found.workspace)


def _missing_tools(context: Context, needs: Collection[str]) -> Iterator[TaskerCIError]:
    tools = [tool for name, tool in wanted_tools(context.loaded).items() if name in needs]
    missing = [tool for tool in tools if found_tool(context, tool) is None]
    if missing and not installs_on_demand(context):
        names = [tool.name for tool in missing]
        yield MissingToolError(
            "\n".join(f"{tool.name} is not installed ({tool.purpose})." for tool in missing),
            next_step=how_to_install(context.face, *names),
        )


@dataclass(frozen=True, kw_only=True)
class RustFound:
    """What Rust's programs answered."""

    problems: tuple[TaskerCIError, ...] = ()
    workspace: Workspace | None = None
    """What cargo says of the manifests, where that is needed and cargo can read them."""


def look_at_rust(
    programs: RustPrograms, needs: Collection[str], packages: tuple[str, ...] = ()
) -> RustFound:
    """Everything of Rust that is missing; without cargo nothing else can be asked."""
    problems: list[TaskerCIError | None] = []
    workspace: Workspace | None = None
    reads = MANIFEST in needs
    answer = programs.start(programs.metadata() if reads else programs.cargo_version())
    if answer.exit_code:
        absent = programs.toolchain_problem()
        if absent is not None:
            return RustFound(problems=(absent,))
        problems.append(manifest_problem(programs.context, answer))
    elif reads:
        workspace = read_metadata(answer.stdout)
    components = programs.component_answers(each for each in COMPONENTS if each in needs)
    problems.append(programs.component_problem(components))
    if COMPILER in needs and workspace is not None:
        problems.append(absent_dependency(workspace))
        problems.append(_age_problem(programs, workspace, packages))
        problems.append(lock_problem(programs, workspace))
    if LINKER in needs and workspace is not None:
        problems.append(linker_problem(programs))
    return RustFound(problems=tuple(filter(None, problems)), workspace=workspace)


def _age_problem(
    programs: RustPrograms, workspace: Workspace, packages: tuple[str, ...]
) -> TaskerCIError | None:
    """The error for a compiler that is too old; it is only asked if a package says how old."""
    wanted = [
        package
        for package in workspace.packages
        if package.rust_version and (not packages or package.name in packages)
    ]
    if "--ignore-rust-version" in programs.context.passthrough:
        wanted = []
    if not wanted and programs.has(programs.compiler):
        return None
    release = programs.release_in(programs.start(programs.compiler_version()))
    return None if release is None else programs.age_problem(wanted, release)
