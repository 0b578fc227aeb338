"""What is set for `cfg` where sessions compile: asked of rustc, without running anything else.

A clone may name a compiler or a wrapper of its own. So plain rustc is asked, outside of the
project's folder, and of the project's configuration only what sets a name is taken into account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.command import Command, Output
from tasker_ci.rust.cargo_configuration import CargoConfiguration, part
from tasker_ci.rust.cfg import Platforms, read_cfg, read_predicate, settings_of_flags
from tasker_ci.rust.toolchain_file import toolchain_file
from tasker_ci.tools.compiler import read_compiler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasker_ci.context import Context
    from tasker_ci.rust.cfg import CompilerCfg
    from tasker_ci.rust.workspace import Workspace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""A triple or a toolchain by name, not by path."""

_HARMLESS = re.compile(r"(target-cpu|target-feature|debug-assertions)=[A-Za-z0-9_.,+-]+")
"""The options of code generation that change what is set, and that load nothing."""


def ask_platforms(
    context: Context,
    workspace: Workspace,
    environment: Mapping[str, str],
    manifest: Mapping[str, Any],
) -> Platforms | None:
    """Ask rustc; None if it does not answer. ``manifest`` is that of the workspace's root."""
    configuration = CargoConfiguration.read(context.workspace, environment)
    configurations = [table for _, table in configuration.files]
    ask = _Compiler(context, workspace, environment)
    tests, documentation = [], []
    try:
        host = read_compiler(ask("-vV")).host
        for asked in configuration.target_names or [host]:
            target = host if asked == "host-tuple" else asked
            if not _NAME.fullmatch(target) or target.endswith(".json"):
                return None
            base = read_cfg(ask("--print", "cfg", "--target", target), target)
            flags = [*_flags(environment, configurations, base, "rustflags")]
            code = [*_code_generation(flags)]
            cfg = base
            if code:
                cfg = read_cfg(ask("--print", "cfg", "--target", target, *code), target)
            if not _debug_assertions(environment, configurations, manifest):
                cfg = cfg.without("debug_assertions")
            tests.append(cfg.with_more(settings_of_flags(flags)))
            flags = [*_flags(environment, configurations, base, "rustdocflags")]
            documentation.append(base.with_more(settings_of_flags(flags)))
    except TaskerCIError:
        return None
    return Platforms(tests=tuple(tests), documentation=tuple(documentation))


@dataclass(frozen=True)
class _Compiler:
    context: Context
    workspace: Workspace
    environment: Mapping[str, str]

    def __call__(self, *arguments: str) -> str:
        """What plain rustc answers. Raises `TaskerCIError` if it does not."""
        toolchain = self.context.settings.toolchain
        chosen = (f"+{toolchain}",) if toolchain else ()
        command = Command(
            argv=("rustc", *chosen, *arguments),
            cwd=Path(self.workspace.root.anchor),
            environment={**self.environment, "RUSTUP_AUTO_INSTALL": "0"},
        )
        channel = None if toolchain else _channel(self.workspace.root)
        if channel and "RUSTUP_TOOLCHAIN" not in self.environment:
            named = {**command.environment, "RUSTUP_TOOLCHAIN": channel}
            answer = self.context.runner.run(
                replace(command, environment=named), output=Output.CAPTURE
            )
            if answer.exit_code == 0:
                return answer.stdout
        answer = self.context.runner.run(command, output=Output.CAPTURE)
        if answer.exit_code:
            raise TaskerCIError(answer.stderr.strip() or "rustc does not answer.")
        return answer.stdout


def _channel(root: Path) -> str | None:
    """The toolchain that a project names; None also for one that lies in a folder."""
    channel = found.channel if (found := toolchain_file(root)) else None
    return channel if channel and _NAME.fullmatch(channel) else None


def _flags(
    environment: Mapping[str, str],
    configurations: list[Mapping[str, Any]],
    base: CompilerCfg,
    key: str,
) -> Iterator[str]:
    """The flags of the first place that has any; cargo ignores the others.

    https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags
    """
    name = key.upper()
    if f"CARGO_ENCODED_{name}" in environment:
        yield from filter(None, environment[f"CARGO_ENCODED_{name}"].split("\x1f"))
        return
    if name in environment:
        yield from environment[name].split()
        return
    triple = base.target.upper().replace("-", "_").replace(".", "_")
    found = environment.get(f"CARGO_TARGET_{triple}_{name}", "").split()
    for table in configurations:
        for target, values in part(table, "target").items():
            if isinstance(values, dict) and _means(target, base):
                found += _words(values.get(key))
    if not found:
        found = environment.get(f"CARGO_BUILD_{name}", "").split()
        for table in configurations:
            found += _words(part(table, "build").get(key))
    yield from found


def _means(target: str, base: CompilerCfg) -> bool:
    """Whether a table ``[target.…]`` is meant for the target."""
    if not (target.startswith("cfg(") and target.endswith(")")):
        return target == base.target
    predicate = read_predicate(target[4:-1])
    return predicate is not None and predicate.holds(base.sets) is True


def _words(given: object) -> list[str]:
    if isinstance(given, str):
        return given.split()
    return [str(each) for each in given] if isinstance(given, list) else []


def _code_generation(flags: list[str]) -> Iterator[str]:
    for place, flag in enumerate(flags):
        option = flag[2:] if flag.startswith("-C") and len(flag) > 2 else ""  # noqa: PLR2004
        if flag == "-C" and place + 1 < len(flags):
            option = flags[place + 1]
        if _HARMLESS.fullmatch(option):
            yield from ("-C", option)


def _debug_assertions(
    environment: Mapping[str, str],
    configurations: Iterable[Mapping[str, Any]],
    manifest: Mapping[str, Any],
) -> bool:
    """Whether tests have `debug_assertions`: `[profile.test]`, else `[profile.dev]`, else yes."""
    for profile in ("test", "dev"):
        variable = environment.get(f"CARGO_PROFILE_{profile.upper()}_DEBUG_ASSERTIONS", "")
        if variable in {"true", "false"}:
            return variable == "true"
        for table in (*configurations, manifest):
            given = part(part(table, "profile"), profile).get("debug-assertions")
            if isinstance(given, bool):
                return given
    return True
