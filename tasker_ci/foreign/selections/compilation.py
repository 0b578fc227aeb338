"""For what a call compiles: the target, what is set for `cfg`, the toolchain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.invocations.aliases import configurations, read_document
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.selections.hosts import host_triple
from tasker_ci.rust.cargo_configuration import part
from tasker_ci.rust.cfg import CompilerCfg, is_custom, read_predicate, settings_of_flags
from tasker_ci.rust.platforms import cfg_of_triple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from tasker_ci.foreign.invocations.invocation import Invocation
    from tasker_ci.foreign.invocations.texts import Texts
    from tasker_ci.rust.conditions import Condition
    from tasker_ci.rust.feature_requests import Platform

_CODE = re.compile(r"-C\s*(?P<name>target-cpu|target-feature|debug-assertions)(=(?P<value>\S*))?")
_FALSE = {"0", "n", "no", "off", "false"}
_OPTIMISED = {"release", "bench"}


@dataclass(frozen=True, kw_only=True)
class Compilation:
    """What a call compiles for."""

    cfg: CompilerCfg | None
    """For tests; None where that is not known."""
    documentation: CompilerCfg | None
    host: CompilerCfg | None
    flags_known: bool
    """Whether all flags of the compiler are known, so that a name that none sets is not set."""
    toolchain: str | None
    """"" for what the machine has, None where it is not known."""


def compilation_of(
    invocation: Invocation, texts: Texts, root_manifest: Mapping[str, Any]
) -> Compilation:
    """What a call compiles for. ``root_manifest`` is that of the workspace's root."""
    folder = invocation.command.around.folder
    settings = [*configurations(folder, texts)]
    toolchain = toolchain_of(invocation, texts)
    host = host_triple(invocation.command.around.run.machine, toolchain)
    triple = _triple(invocation, settings, host)
    host_cfg = cfg_of_triple(host) if host else None
    base = cfg_of_triple(triple) if triple else None
    tests = _flags(invocation, settings, base, "rustflags")
    documentation = _flags(invocation, settings, base, "rustdocflags")
    asserted = debug_assertions(invocation, [root_manifest, *settings])
    return Compilation(
        cfg=_cfg(base, tests, asserted=asserted, more=_of_the_tool(invocation, toolchain)),
        documentation=_cfg(
            base, documentation, asserted=asserted, more=_of_the_tool(invocation, toolchain)
        ),
        host=host_cfg,
        flags_known=tests is not None and documentation is not None,
        toolchain=toolchain,
    )


def platform_of(cfg: CompilerCfg | None, *, flags_known: bool) -> Platform:
    """What a ``cfg(…)`` or a triple of a manifest means for a build."""

    def known(name: str, value: str | None) -> bool | None:
        said = None if cfg is None else cfg.sets(name, value)
        if said is None and cfg is not None and is_custom(name):
            return False if flags_known else None
        return said

    def applies(text: str) -> bool | None:
        if cfg is None:
            return None
        if not text.startswith("cfg("):
            return text == cfg.target
        predicate = _predicate(text[4:-1])
        return None if predicate is None else predicate.holds(known)

    return applies


@lru_cache(maxsize=256)
def _predicate(text: str) -> Condition | None:
    return read_predicate(text)


def _triple(
    invocation: Invocation, settings: Sequence[Mapping[str, Any]], host: str | None
) -> str | None:
    """What a call builds for; None where that is not known, or for several targets."""
    if "--target" in invocation.unknown_values:
        return None
    given: list[object] = [*invocation.values("--target")]
    if not given and "CARGO_BUILD_TARGET" in invocation.environment:
        given = [invocation.environment["CARGO_BUILD_TARGET"]]
    if not given:
        value = next(
            (each for table in settings if (each := part(table, "build").get("target"))), None
        )
        given = value if isinstance(value, list) else [value] if value else []
    if not given:
        return host
    only = given[0]
    if len(given) > 1 or not isinstance(only, str):
        return None
    return host if only == "host-tuple" else only


def _flags(
    invocation: Invocation,
    settings: Sequence[Mapping[str, Any]],
    base: CompilerCfg | None,
    key: str,
) -> tuple[str, ...] | None:
    """The flags of rustc or rustdoc; None where they are not known.

    https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags
    """
    if invocation.has("--config") or "--config" in invocation.unknown_values:
        return None
    environment = invocation.environment
    encoded, plain = f"CARGO_ENCODED_{key.upper()}", key.upper()
    if encoded in environment:
        value = environment[encoded]
        return None if value is None else tuple(value.split("\x1f"))
    if plain in environment:
        value = environment[plain]
        return None if value is None else tuple(value.split())
    found: list[str] = []
    applies = platform_of(base, flags_known=True)
    for table in settings:
        for name, row in part(table, "target").items():
            if isinstance(row, dict) and key in row and applies(name) is not False:
                if applies(name) is None:
                    return None
                found += _words(row[key])
    if not found:
        for table in settings:
            found += _words(part(table, "build").get(key))
    generic = environment.get(f"CARGO_BUILD_{key.upper()}", "")
    if generic is None:
        return None
    return (*found, *generic.split())


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return value.split() if isinstance(value, str) else []


def _cfg(
    base: CompilerCfg | None,
    flags: tuple[str, ...] | None,
    *,
    asserted: bool | None,
    more: tuple[tuple[str, str | None], ...],
) -> CompilerCfg | None:
    if base is None:
        return None
    cfg = base.with_more(more)
    if asserted is False:
        cfg = cfg.without("debug_assertions")
    open_names = {"debug_assertions"} if asserted is None else set()
    if flags is None:
        open_names |= {"target_feature", "debug_assertions"}
    for found in _CODE.finditer(" ".join(flags or ())):
        if found["name"] != "debug-assertions":
            open_names.add("target_feature")
        elif (found["value"] or "yes") in _FALSE:
            cfg = cfg.without("debug_assertions")
        else:
            cfg = cfg.with_more((("debug_assertions", None),))
    cfg = cfg.with_more(settings_of_flags([each.strip("'\"") for each in flags or ()]))
    return replace(cfg, undecided=frozenset(open_names))


def _of_the_tool(
    invocation: Invocation, toolchain: str | None
) -> tuple[tuple[str, str | None], ...]:
    """What a tool that stands around cargo sets."""
    first = invocation.subcommand[:1]
    if first == ("miri",):
        return (("miri", None),)
    if first == ("careful",):
        return (("careful", None),)
    if first == ("tarpaulin",) and not invocation.has("--avoid-cfg-tarpaulin"):
        return (("tarpaulin", None),)
    if first == ("llvm-cov",) and not invocation.has("--no-cfg-coverage"):
        nightly = (toolchain or "").startswith("nightly")
        unstable = nightly and not invocation.has("--no-cfg-coverage-nightly")
        return (("coverage", None), *((("coverage_nightly", None),) if unstable else ()))
    return ()


def debug_assertions(invocation: Invocation, tables: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether `debug_assertions` is set by the profile; None where that is not known."""
    if invocation.subcommand[:1] == ("careful",):
        return True
    nextest = "nextest" in invocation.subcommand or "--cargo-profile" in invocation.flags
    key = "--cargo-profile" if nextest else "--profile"
    if key in invocation.unknown_values:
        return None
    given = invocation.values(key)
    default = "bench" if invocation.action is Action.BENCH else "test"
    name = given[-1] if given else "release" if invocation.has("--release") else default
    return _asserted(name, invocation, tables, depth=10)


def _asserted(
    name: str, invocation: Invocation, tables: Sequence[Mapping[str, Any]], *, depth: int
) -> bool | None:
    upper = name.upper().replace("-", "_")
    variable = f"CARGO_PROFILE_{upper}_DEBUG_ASSERTIONS"
    if variable in invocation.environment:
        value = invocation.environment[variable]
        return None if value is None else value == "true"
    rows = [part(part(table, "profile"), name) for table in (*tables[1:], tables[0])]
    for row in rows:
        if isinstance(row.get("debug-assertions"), bool):
            return bool(row["debug-assertions"])
    inherited = next((row["inherits"] for row in rows if "inherits" in row), None)
    if name in {"dev", "release"} or not depth:
        return name == "dev" if depth else None
    parents = {"test": "dev", "bench": "release", "debug": "dev"}
    parent = parents.get(name) or inherited
    if not isinstance(parent, str):
        return None
    return _asserted(parent, invocation, tables, depth=depth - 1)


def toolchain_of(invocation: Invocation, texts: Texts) -> str | None:
    """The toolchain that rustup takes: "" for the machine's own, None where it is not known.

    https://rust-lang.github.io/rustup/overrides.html
    """
    if "+" in invocation.unknown_values:
        return None
    if invocation.toolchain:
        return invocation.toolchain
    around = invocation.command.around
    if "RUSTUP_TOOLCHAIN" in invocation.environment:
        return invocation.environment["RUSTUP_TOOLCHAIN"]
    if around.override_toolchain != "":
        return around.override_toolchain
    named = toolchain_in_files(around.folder, texts)
    return around.default_toolchain if named == "" else named


def toolchain_in_files(folder: PurePosixPath | None, texts: Texts) -> str | None:
    """What the nearest toolchain file names; "" where there is none, None if it is unreadable."""
    if folder is None:
        return None
    for each in (folder, *folder.parents):
        for name in ("rust-toolchain", "rust-toolchain.toml"):
            text = texts.text(each / name)
            if text is None:
                continue
            if name == "rust-toolchain" and len(text.split()) == 1:
                return text.strip()
            channel = part(read_document(text), "toolchain").get("channel")
            return channel if isinstance(channel, str) else None
    return ""
