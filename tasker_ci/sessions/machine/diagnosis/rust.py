"""Rust itself: programs, toolchain, components, manifests, compiler version, linker."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import WorkspaceError
from tasker_ci.process.absent_programs import GET_RUST, why_absent
from tasker_ci.process.runner import GET_LINKER
from tasker_ci.rust.cargo_configuration import EXTERNAL, CargoConfiguration
from tasker_ci.rust.workspace import read_metadata
from tasker_ci.sessions import SESSIONS
from tasker_ci.text.plurals import counted
from tasker_ci.tools.examination import broken, note, ok, reason
from tasker_ci.tools.places import tool_environment
from tasker_ci.tools.rust_builds import (
    absent_dependency,
    build_arguments,
    lock_problem,
    small_program,
)
from tasker_ci.tools.rust_programs import COMPONENTS, RustPrograms, manifest_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.errors import TaskerCIError
    from tasker_ci.process.command import Command
    from tasker_ci.rust.workspace import Workspace
    from tasker_ci.tools.examination import Examination, Finding


_LINKER_FLAG = re.compile(r"(-C)?linker=")


def planned(examination: Examination) -> Iterator[Command]:
    """The commands that `check_rust` runs where all is well."""
    programs = programs_of(examination)
    yield programs.cargo_version()
    for component in _components():
        yield programs.component_version(component)
    yield programs.metadata()
    yield programs.compiler_version()
    yield programs.command("cargo", *build_arguments(Path("TEMPORARY-FOLDER")))


def programs_of(examination: Examination) -> RustPrograms:
    """Rust's programs on the machine that is examined."""
    return RustPrograms.of(
        examination.context,
        examination.environment,
        directory=examination.directory,
        start=examination.start,
    )


def check_rust(examination: Examination) -> Iterator[Finding]:
    """Everything about Rust; what cannot be asked because of an earlier finding is not repeated."""
    yield from check_programs(examination)
    if not examination.has("cargo"):
        yield from check_c_compiler(examination)
        return
    programs = programs_of(examination)
    toolchain = check_toolchain(programs)
    yield toolchain
    if toolchain.state != "ok":
        yield note("workspace", "not checked: the toolchain does not start")
        yield from check_c_compiler(examination)
        return
    yield from check_aliases(examination)
    yield from check_components(programs)
    workspace, finding = check_workspace(programs)
    yield finding
    if workspace is not None:
        yield check_compiler(programs, workspace)
    yield check_linker(examination)


def check_programs(examination: Examination) -> Iterator[Finding]:
    """The programs cargo and rustc must be there; rustup only makes it easy to get others."""
    for program in ("cargo", "rustc"):
        where = examination.where(program)
        if where is None:
            found, step = why_absent(program, examination.environment.get("PATH", ""))
            yield broken(program, found.removeprefix("is "), step)
        else:
            yield ok(program, where)
    where = examination.where("rustup")
    if where is None:
        yield note("rustup", "not on PATH: toolchains cannot be chosen or added", GET_RUST)
    else:
        yield ok("rustup", where)


def check_toolchain(programs: RustPrograms) -> Finding:
    """Whether the toolchain that the workspace or the settings name starts."""
    answer = programs.start(programs.cargo_version())
    if answer.exit_code == 0:
        return ok("toolchain", answer.stdout.strip())
    return _broken("toolchain", programs.not_started(replace(answer, stderr=reason(answer))))


def check_aliases(examination: Examination) -> Iterator[Finding]:
    """No alias may hide a subcommand that is a program of its own."""
    configuration = CargoConfiguration.read(examination.directory, examination.environment)
    for subcommand in EXTERNAL:
        alias = configuration.alias(subcommand)
        if alias is not None:
            found = f"`cargo {subcommand}` runs {alias.words!r}: {alias.source}"
            yield broken("alias", found, alias.renaming)


def check_components(programs: RustPrograms) -> Iterator[Finding]:
    """The components that sessions need must start."""
    for component, answer in programs.component_answers(_components()).items():
        missing = programs.component_problem({component: answer})
        found = ok(component, answer.stdout.strip())
        yield found if missing is None else _broken(component, missing)


def _components() -> list[str]:
    needed = {need for session in SESSIONS.values() for need in session.needs}
    return [component for component in COMPONENTS if component in needed]


def check_workspace(programs: RustPrograms) -> tuple[Workspace | None, Finding]:
    """Whether cargo can read manifests and Cargo.lock; the workspace if it can read the former."""
    folder = programs.context.workspace
    if not folder.is_dir():
        found = f"the folder {folder} does not exist"
        return None, broken("workspace", found, "Correct the setting `workspace`.")
    answer = programs.start(programs.metadata())
    if answer.exit_code:
        short = replace(answer, stderr=reason(answer))
        return None, _broken("workspace", manifest_problem(programs.context, short))
    try:
        workspace = read_metadata(answer.stdout)
    except WorkspaceError as error:
        return None, _broken("workspace", error)
    unfit = absent_dependency(workspace) or lock_problem(programs, workspace)
    if unfit is not None:
        return workspace, _broken("workspace", unfit)
    many = counted(len(workspace.packages), "package")
    return workspace, ok("workspace", f"{many} in {workspace.root}")


def check_compiler(programs: RustPrograms, workspace: Workspace) -> Finding:
    """Whether the compiler is as new as every package's rust-version asks."""
    answer = programs.start(programs.compiler_version())
    release = programs.release_in(answer)
    if release is None:
        return broken("compiler", reason(answer), "rustup show   (in the workspace)")
    too_old = programs.age_problem(workspace.packages, release)
    return (
        ok("compiler", answer.stdout.strip()) if too_old is None else _broken("compiler", too_old)
    )


def _broken(check: str, error: TaskerCIError) -> Finding:
    """The finding for what would end a session with an error."""
    return broken(check, error.message, error.next_step)


def check_linker(examination: Examination) -> Finding:
    """Whether a small program can be built, and the linkers of the workspace's files are there.

    It is built outside of the workspace: a wrapper or linker that a clone names is not started.
    """
    absent = [*_absent_programs(examination)]
    if absent:
        fix = "Install it, or correct the workspace's .cargo/config.toml."
        return broken("linker", "; ".join(absent), fix)
    with small_program() as folder:
        outside = replace(
            examination,
            directory=Path(folder.anchor),
            environment={**tool_environment(examination.context), **_probe_variables(examination)},
        )
        cargo = programs_of(examination).command("cargo", *build_arguments(folder))
        answer = outside.ask(*cargo.argv, timeout=120)
    if answer.exit_code == 0:
        return ok("linker", "a small program can be built")
    without_compiler = next(check_c_compiler(examination), None)
    if without_compiler is not None:
        return without_compiler
    fix = "Install what it names, or look at the workspace's .cargo/config.toml."
    return broken("linker", reason(answer), fix)


def _probe_variables(examination: Examination) -> Mapping[str, str]:
    kept = ("RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL", "RUST_BACKTRACE")
    return {name: examination.environment[name] for name in kept if name in examination.environment}


def _absent_programs(examination: Examination) -> Iterator[str]:
    """The linkers that cargo's configuration names and nobody has, a sentence each.

    Those of other targets than this machine's may well be absent.
    """
    configuration = CargoConfiguration.read(examination.directory, examination.environment)
    answer = programs_of(examination).ask("rustc", "-vV")
    host = next((line[6:] for line in answer.stdout.splitlines() if line.startswith("host: ")), "")
    named = [configuration.find(f"target.{host}.linker")] if host else []
    flags = [configuration.find("build.rustflags", variables=["RUSTFLAGS"])]
    flags += [configuration.find(f"target.{host}.rustflags")] if host else []
    for given in filter(None, named):
        if not examination.has(given.program):
            yield f"{given.source} is {given.program}, which is not there"
    for given in filter(None, flags):
        words = given.value if isinstance(given.value, list) else str(given.value).split()
        for word in map(str, words):
            program = word.partition("linker=")[2] if _LINKER_FLAG.match(word) else ""
            if program and not examination.has(program):
                yield f"{given.source} has the linker {program}, which is not there"


def check_c_compiler(examination: Examination) -> Iterator[Finding]:
    """A finding if there is no C compiler, through which rustc links."""
    if not examination.has("cc"):
        yield broken("linker", "there is no C compiler `cc` on PATH", GET_LINKER)
