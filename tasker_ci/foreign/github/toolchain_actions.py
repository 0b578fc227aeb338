"""Actions that install Rust or programs: what the later steps of the job find."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.uses import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.command import Surroundings
    from tasker_ci.foreign.github.uses import Use

_TOOLCHAIN = re.compile(r"(stable|beta|nightly|\d+\.\d+(\.\d+)?)(-.+)?")
_SHA = re.compile(r"[0-9a-f]{40}")
_NIGHTLY_WITH = {"miri", "clippy"}
"""Branches of `dtolnay/rust-toolchain`: the newest nightly that has the component."""

_CHANNELS = ("toolchain", "rust-version", "channel", "toolchain-version")
_DEFAULTS = {"CARGO_INCREMENTAL": "0", "CARGO_TERM_COLOR": "always"}

_WITH_FILE = {
    "actions-rust-lang/setup-rust-toolchain",
    "moonrepo/setup-rust",
    "actions-rs/toolchain",
    "dsherret/rust-toolchain-file",
    "ironcorelabs/rust-toolchain",
}
"""They take the toolchain file where no toolchain is given."""

_TOOLCHAINS = {
    *_WITH_FILE,
    "dtolnay/rust-toolchain",
    "hecrj/setup-rust-action",
    "atiltedtree/setup-rust",
    "raftario/setup-rust-action",
    "ructions/toolchain",
    "crusty-pie/toolchain",
    "rust-build/setup-rust",
    "oxidecomputer/actions-rs_toolchain",
}

_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "taiki-e/install-action": ("tool",),
    "taiki-e/cache-cargo-install-action": ("tool",),
    "baptiste0928/cargo-install": ("crate",),
    "actions-rs/install": ("crate",),
    "dtolnay/install": ("crate",),
    "moonrepo/setup-rust": ("bins",),
    "mcarvalhoflf/cargo-install": ("crate",),
    "taiki-e/install-cross": (),
}
"""The input that names the programs, by action."""

_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "cargo-bins/cargo-binstall": ("cargo-binstall",),
    "taiki-e/install-cross": ("cross",),
    "extractions/setup-just": ("just",),
    "taiki-e/setup-just": ("just",),
    "mozilla-actions/sccache-action": ("sccache",),
    "rui314/setup-mold": ("mold",),
    "jetli/wasm-pack-action": ("wasm-pack",),
    "jetli/trunk-action": ("trunk",),
    "arduino/setup-protoc": ("protoc",),
    "taplo/setup-action": ("taplo",),
    "davidb/rust-cargo-make": ("cargo-make",),
    "robertt/setup-cargo-make": ("cargo-make",),
    "hustcer/setup-nu": ("nu",),
    "bencherdev/bencher": ("bencher",),
    "astral-sh/setup-uv": ("uv", "uvx"),
    "oven-sh/setup-bun": ("bun", "bunx"),
}
"""What an action installs, whatever is given to it."""

_OTHER_NAMES = {"nextest": "cargo-nextest"}


def after_installation(use: Use, around: Surroundings) -> Surroundings | None:
    """What the later steps find after an action that installs something; None for another one."""
    known = False
    if use.name in _TOOLCHAINS:
        around = _after_toolchain(use, around)
        known = True
    if use.name == "taiki-e/setup-cross-toolchain-action":
        return around.with_variables({"CARGO_BUILD_TARGET": use.given("target")})
    if use.name in _ALWAYS:
        around = replace(around, installed=around.installed | {*_ALWAYS[use.name]})
        known = True
    if use.name in _PROGRAMS:
        around = _after_programs(use, around, _PROGRAMS[use.name])
        known = True
    return around if known else None


def _after_programs(use: Use, around: Surroundings, names: tuple[str, ...]) -> Surroundings:
    given = use.given(*names) if names else ""
    if not given and use.name.startswith(("taiki-e/", "dtolnay/install")) and not use.has_version:
        given = use.reference
    programs = listed(given)
    if programs is None:
        return replace(around, installed_all_known=False)
    found = {program.partition("@")[0] for program in programs}
    found = {_OTHER_NAMES.get(name, name) for name in found}
    return replace(around, installed=around.installed | found)


def _after_toolchain(use: Use, around: Surroundings) -> Surroundings:
    toolchain = _chosen(use)
    more = {*_components(use), *({use.reference} & _NIGHTLY_WITH)}
    around = replace(around, installed=around.installed | more)
    if use.name == "actions-rust-lang/setup-rust-toolchain":
        flags = use.given("rustflags") if "rustflags" in use.inputs else "-D warnings"
        if "RUSTFLAGS" not in around.variables and flags != "":
            around = around.with_variables({"RUSTFLAGS": flags})
    unset = {name: value for name, value in _DEFAULTS.items() if name not in around.variables}
    if use.name in {"dtolnay/rust-toolchain", "actions-rust-lang/setup-rust-toolchain"}:
        around = around.with_variables(unset)
    if toolchain == "":
        return around
    if _overrides(use):
        return replace(around, override_toolchain=toolchain)
    if use.name == "actions-rs/toolchain" and use.given("default") != "true":
        return around  # installed, but nobody's choice
    return replace(around, default_toolchain=toolchain)


def _chosen(use: Use) -> str | None:
    """The toolchain that is used later; "" for the toolchain file's, None where not known."""
    if any(name in use.inputs for name in _CHANNELS):
        given = use.given(*_CHANNELS)
        found = listed(given)
        if given and use.name == "dtolnay/rust-toolchain" and " " in given.strip():
            return None  # "stable minus 2 releases"
        if found is None or found:
            return found[-1] if found else None
    if use.name == "dtolnay/rust-toolchain":
        written = use.step.remark if _SHA.fullmatch(use.reference) else use.reference
        if written in _NIGHTLY_WITH:
            return "nightly"
        return written if _TOOLCHAIN.fullmatch(written) else None
    if use.name == "ironcorelabs/rust-toolchain" and _TOOLCHAIN.fullmatch(use.reference):
        return use.reference
    return "" if use.name in _WITH_FILE else "stable"


def _overrides(use: Use) -> bool:
    if use.name == "actions-rs/toolchain":
        return use.given("override") == "true"
    if use.name == "actions-rust-lang/setup-rust-toolchain":
        return use.given("override") != "false"
    return False


def _components(use: Use) -> tuple[str, ...]:
    return listed(use.given("components", "component")) or ()
