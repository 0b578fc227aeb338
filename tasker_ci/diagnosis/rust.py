"""Rust itself: programs, toolchain, components, manifests, compiler version, linker."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.absent_programs import GET_RUST, why_absent
from tasker_ci.cargo_configuration import CargoConfiguration
from tasker_ci.cargo_tools import tool_environment
from tasker_ci.diagnosis.finding import broken, note, ok, reason
from tasker_ci.errors import WorkspaceError
from tasker_ci.process_runner import GET_LINKER
from tasker_ci.text_counts import counted
from tasker_ci.workspace import read_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.diagnosis.finding import Examination, Finding
    from tasker_ci.process import Command
    from tasker_ci.workspace import Workspace


_METADATA = ("metadata", "--no-deps", "--format-version", "1")
_COMPONENTS = {"rustfmt": "fmt", "clippy": "clippy"}
_LINKER_FLAG = re.compile(r"(-C)?linker=")
_PROBE_MANIFEST = '[package]\nname = "probe"\nversion = "0.0.0"\n\n[workspace]\n'


def planned(examination: Examination) -> Iterator[Command]:
    """The commands that `check_rust` runs where all is well."""
    yield examination.command(*_cargo(examination), "--version")
    for subcommand in _COMPONENTS.values():
        yield examination.command(*_cargo(examination), subcommand, "--version")
    yield examination.command(*_cargo(examination), *_METADATA)
    yield examination.command(*_rustc(examination), "--version")
    yield examination.command(*_probe(examination, Path("TEMPORARY-FOLDER")))


def check_rust(examination: Examination) -> Iterator[Finding]:
    """Everything about Rust; what cannot be asked because of an earlier finding is not repeated."""
    yield from check_programs(examination)
    if not examination.has("cargo"):
        yield from check_c_compiler(examination)
        return
    toolchain = check_toolchain(examination)
    yield toolchain
    if toolchain.state != "ok":
        yield note("workspace", "not checked: the toolchain does not start")
        yield from check_c_compiler(examination)
        return
    yield from check_components(examination)
    workspace, finding = check_workspace(examination)
    yield finding
    if workspace is not None:
        yield check_compiler(examination, workspace)
    yield check_linker(examination)


def check_programs(examination: Examination) -> Iterator[Finding]:
    """The programs cargo and rustc must be there; rustup only makes mending easy."""
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


def check_toolchain(examination: Examination) -> Finding:
    """Whether the toolchain that the workspace or the settings name starts."""
    answer = examination.ask(*_cargo(examination), "--version")
    if answer.exit_code == 0:
        return ok("toolchain", answer.stdout.strip())
    text = reason(answer)
    absent = re.search(r"toolchain '([^']+)' is not installed", text)
    if not examination.has("rustup"):
        mend = GET_RUST
    elif absent is not None:
        mend = f"rustup toolchain install {absent[1]}"
    else:
        mend = "rustup show   (in the workspace)"
    return broken("toolchain", text, mend)


def check_components(examination: Examination) -> Iterator[Finding]:
    """`cargo fmt` and `cargo clippy` must start, and no alias may hide a subcommand."""
    configuration = CargoConfiguration.read(examination.directory, examination.environment)
    for subcommand in ("audit", "llvm-cov", "nextest", *_COMPONENTS.values()):
        alias = configuration.alias(subcommand)
        if alias is not None:
            found = f"`cargo {subcommand}` runs {alias.words!r}: {alias.source}"
            yield broken("alias", found, alias.renaming)
    for component, subcommand in _COMPONENTS.items():
        if configuration.alias(subcommand) is not None:
            continue
        answer = examination.ask(*_cargo(examination), subcommand, "--version")
        if answer.exit_code == 0:
            yield ok(component, answer.stdout.strip())
            continue
        toolchain = examination.context.settings.toolchain
        chosen = f" --toolchain {toolchain}" if toolchain else ""
        mend = f"rustup component add {component}{chosen}"
        yield broken(component, reason(answer), mend if examination.has("rustup") else GET_RUST)


def check_workspace(examination: Examination) -> tuple[Workspace | None, Finding]:
    """Whether cargo can read the manifests; the workspace if it can."""
    folder = examination.context.workspace
    if not folder.is_dir():
        found = f"the folder {folder} does not exist"
        return None, broken("workspace", found, "Correct the setting `workspace`.")
    answer = examination.ask(*_cargo(examination), *_METADATA)
    if answer.exit_code:
        missing = "could not find `Cargo.toml`" in answer.stderr
        mend = (
            "cargo init, or point the setting `workspace` to the Rust workspace"
            if missing
            else "Mend the manifest it names."
        )
        return None, broken("workspace", reason(answer), mend)
    try:
        workspace = read_metadata(answer.stdout)
    except WorkspaceError as error:
        return None, broken("workspace", error.message, error.next_step)
    many = counted(len(workspace.packages), "package")
    return workspace, ok("workspace", f"{many} in {workspace.root}")


def check_compiler(examination: Examination, workspace: Workspace) -> Finding:
    """Whether the compiler is as new as every package's rust-version asks."""
    answer = examination.ask(*_rustc(examination), "--version")
    version = re.match(r"rustc (\d+)\.(\d+)\.(\d+)", answer.stdout)
    if answer.exit_code or version is None:
        return broken("compiler", reason(answer), "rustup show   (in the workspace)")
    compiler = tuple(map(int, version.groups()))
    newer = {
        package.name: package.rust_version
        for package in workspace.packages
        if _numbers(package.rust_version) > compiler
    }
    if not newer:
        return ok("compiler", answer.stdout.strip())
    wishes = ", ".join(f"{name} wants {wish}" for name, wish in sorted(newer.items()))
    newest = max(newer.values(), key=_numbers)
    found = f"rustc {version[1]}.{version[2]}.{version[3]} is too old: {wishes} (rust-version)"
    return broken("compiler", found, f"rustup update, or rustup toolchain install {newest}")


def check_linker(examination: Examination) -> Finding:
    """Whether a small program can be built, and the linkers of the workspace's files are there.

    It is built outside of the workspace: a wrapper or linker that a clone names is not started.
    """
    absent = [*_absent_programs(examination)]
    if absent:
        mend = "Install it, or correct the workspace's .cargo/config.toml."
        return broken("linker", "; ".join(absent), mend)
    with tempfile.TemporaryDirectory(prefix="tasker-ci-") as name:
        folder = Path(name)
        (folder / "src").mkdir()
        (folder / "src" / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
        (folder / "Cargo.toml").write_text(_PROBE_MANIFEST, encoding="utf-8")
        outside = replace(
            examination,
            directory=Path(folder.anchor),
            environment={**tool_environment(examination.context), **_probe_variables(examination)},
        )
        answer = outside.ask(*_probe(examination, folder), timeout=120)
    if answer.exit_code == 0:
        return ok("linker", "a small program can be built")
    without_compiler = next(check_c_compiler(examination), None)
    if without_compiler is not None:
        return without_compiler
    mend = "Install what it names, or look at the workspace's .cargo/config.toml."
    return broken("linker", reason(answer), mend)


def _probe_variables(examination: Examination) -> Mapping[str, str]:
    kept = ("RUSTUP_TOOLCHAIN", "RUSTUP_AUTO_INSTALL", "RUST_BACKTRACE")
    return {name: examination.environment[name] for name in kept if name in examination.environment}


def _absent_programs(examination: Examination) -> Iterator[str]:
    """The linkers that cargo's configuration names and nobody has, a sentence each.

    Those of other targets than this machine's may well be absent.
    """
    configuration = CargoConfiguration.read(examination.directory, examination.environment)
    answer = examination.ask(*_rustc(examination), "-vV")
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


def _cargo(examination: Examination) -> tuple[str, ...]:
    toolchain = examination.context.settings.toolchain
    return ("cargo", f"+{toolchain}") if toolchain else ("cargo",)


def _rustc(examination: Examination) -> tuple[str, ...]:
    return ("rustc", *_cargo(examination)[1:])


def _probe(examination: Examination, folder: Path) -> tuple[str, ...]:
    return (
        *_cargo(examination),
        "build",
        "--quiet",
        "--offline",
        "--color",
        "never",
        "--manifest-path",
        str(folder / "Cargo.toml"),
        "--target-dir",
        str(folder / "target"),
    )


def _numbers(version: str) -> tuple[int, ...]:
    """``1.85`` as numbers to compare; the empty version is older than any."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))
