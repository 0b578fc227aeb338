"""Actions that run commands which a step gives to them, or commands of their own."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasker_ci.foreign.github.uses import Use
    from tasker_ci.foreign.places import Place


@dataclass(frozen=True, kw_only=True)
class ActionScript:
    """A script that an action runs."""

    text: str
    place: Place
    shell: str | None = "sh"
    """As a step names it; None for the default of the machine."""
    folder: str = ""
    """From the folder that the repository is checked out in."""
    installed: frozenset[str] = frozenset()
    """Programs that the action brings along."""
    same_machine: bool = True
    """False where it runs in a virtual machine or a container of another system."""


def scripts_of(use: Use) -> tuple[ActionScript, ...] | None:
    """What an action runs; None for one that is not in the table."""
    if (names := _GIVEN.get(use.name)) is not None:
        return _given(use, names)
    if use.name in _ELSEWHERE:
        return tuple(
            ActionScript(text=text, place=use.place(name), same_machine=False)
            for name in ("prepare", "setup", "install", "run")
            if (text := use.text(name))
        )
    if (own := _own_text(use)) is not None:
        tools = frozenset({f"cargo-{own.split()[1]}"} if own.startswith("cargo ") else ())
        folder = use.text("working-directory", "workdir", "path")
        place = use.place("command", "args", "arguments")
        return (ActionScript(text=own, place=place, folder=folder, installed=tools),)
    return None


def _given(use: Use, names: tuple[str, ...]) -> tuple[ActionScript, ...]:
    text = use.text(*names)
    if not text:
        return ()
    shell = use.text("shell") or None
    folder = use.text("working-directory", "current_path", "working_directory", "cwd")
    return (ActionScript(text=text, place=use.place(*names), shell=shell, folder=folder),)


_GIVEN: Mapping[str, tuple[str, ...]] = {
    "nick-fields/retry": ("command",),
    "nick-invision/retry": ("command",),
    "wandalen/wretry.action": ("command",),
    "wandalen/wretry.action/main": ("command",),
    "coactions/setup-xvfb": ("run",),
    "gabrielbb/xvfb-action": ("run",),
    "smithki/xvfb-action": ("run",),
    "reactivecircus/android-emulator-runner": ("script",),
    "codspeedhq/action": ("run",),
    "mxschmitt/action-tmate": (),
    "gradle/gradle-build-action": (),
    "gradle/actions/setup-gradle": (),
    "aasaidane/retry-action": ("command",),
    "magefile/mage-action": (),
    "nixbuild/nix-quick-install-action": (),
}
"""The input that has the script, by action."""

_ELSEWHERE = {
    "uraimo/run-on-arch-action",
    "cross-platform-actions/action",
    "addnab/docker-run-action",
    "pguyot/arm-runner-action",
    *(
        f"vmactions/{system}-vm"
        for system in ("freebsd", "openbsd", "netbsd", "dragonflybsd", "solaris", "omnios")
    ),
}


def _cargo(use: Use) -> str:
    program = "cross" if use.given("use-cross") == "true" else "cargo"
    toolchain = use.text("toolchain")
    return " ".join(
        each
        for each in (program, toolchain and f"+{toolchain}", use.text("command"), use.text("args"))
        if each
    )


def _actions_rust_cross(use: Use) -> str:
    command = use.text("command") or "build"
    toolchain = use.text("toolchain") or "stable"
    rest = f"--target {use.text('target')} {use.text('args')}".strip()
    commands = ("build", "test") if command == "both" else (command,)
    return "\n".join(f"cross +{toolchain} {each} {rest}" for each in commands)


def _docker_build(use: Use) -> str:
    file, target = use.text("file"), use.text("target")
    words = [
        "docker build",
        *(("--file", _quoted(file)) if file else ()),
        *(("--target", _quoted(target)) if target else ()),
        *(f"--build-arg {_quoted(each)}" for each in use.text("build-args").splitlines() if each),
        _quoted(use.text("context") or "."),
    ]
    return " ".join(words)


def _quoted(word: str) -> str:
    return word if "${{" in word else shlex.quote(word)


_OWN: Mapping[str, Callable[[Use], str] | str] = {
    "actions-rs/cargo": _cargo,
    "clechasseur/rs-cargo": _cargo,
    "houseabsolute/actions-rust-cross": _actions_rust_cross,
    "docker/build-push-action": _docker_build,
    "depot/build-push-action": _docker_build,
    "useblacksmith/build-push-action": _docker_build,
    "clementtsang/cargo-action": _cargo,
    "actions-rs-plus/clippy-check": "cargo clippy {args}",
    "messense/maturin-action": "maturin {command:build} {args}",
    "pre-commit/action": "pre-commit run {extra_args:--all-files}",
    "actions-rs/clippy-check": "cargo clippy {args}",
    "clechasseur/rs-clippy-check": "cargo clippy {args}",
    "auguwu/clippy-action": "cargo clippy {args}",
    "giraffate/clippy-action": "cargo clippy {clippy_flags}",
    "actions-rust-lang/rustfmt": "cargo fmt --all -- --check",
    "embarkstudios/cargo-deny-action": "cargo deny {arguments} {command:check}",
    "obi1kenobi/cargo-semver-checks-action": "cargo semver-checks check-release",
    "rustsec/audit-check": "cargo audit",
    "actions-rs/audit-check": "cargo audit",
    "actions-rust-lang/audit": "cargo audit",
    "bnjbvr/cargo-machete": "cargo machete {args}",
    "boa-dev/criterion-compare-action": "cargo bench",
    "actions-rs/tarpaulin": "cargo tarpaulin {args}",
    "taiki-e/upload-rust-binary-action": "cargo build --release",
    "release-plz/action": "release-plz {command:release}",
    "marcoieni/release-plz-action": "release-plz {command:release}",
    "katyo/publish-crates": "cargo publish",
    "pyo3/maturin-action": "maturin {command:build} {args}",
}
"""What an action runs itself; ``{input:default}`` is what a step gives to it."""

_INPUT = re.compile(r"\{([\w-]+)(?::([\w-]*))?\}")


def _own_text(use: Use) -> str | None:
    own = _OWN.get(use.name)
    if own is None or callable(own):
        return own and own(use)
    text = _INPUT.sub(lambda found: use.text(found[1]) or found[2] or "", own)
    return " ".join(text.split())
