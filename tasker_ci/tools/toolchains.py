"""Which Rust toolchain is chosen, why it does not start, and the line that gets it."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasker_ci.errors import ToolchainError
from tasker_ci.process.absent_programs import GET_RUST
from tasker_ci.rust.toolchain_file import toolchain_file
from tasker_ci.text.plurals import are, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasker_ci.rust.toolchain_file import ToolchainFile
    from tasker_ci.settings.load import LoadedSettings

_OFFICIAL = re.compile(
    r"(?P<channel>stable|beta|nightly|\d+\.\d+(?:\.\d+)?(?:-beta(?:\.\d+)?)?)"
    r"(?P<date>-\d{4}-\d\d-\d\d)?(?:-.+)?"
)
_ABSENT = re.compile(r"toolchain '(?P<name>[^']+)'.* is not installed")
_NO_DEFAULT = ("no default is configured", "no default toolchain", "no active toolchain")
_NOT_RUSTUP = "no such command: `+"
_DEFAULT_COMPONENTS = ("rustfmt", "clippy", "rust-docs")
"""What rustup's profile `default` adds to `minimal`."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A toolchain and who chose it."""

    name: str | None = None
    """As it was spelled; None for rustup's default."""
    by: str | None = None
    """Who chose it, for people; None for rustup's default."""
    change: str | None = None
    """How another version, put in for ``{}``, is chosen there."""
    folder: bool = False
    """Whether it lies in a folder that a file names, or that cannot be ruled out."""
    profile: str = "minimal"
    components: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def installation(self, needed: Iterable[str], name: str) -> str:
        """The line that installs it under a ``name``, with ``needed`` components."""
        found = dict.fromkeys((*self.components, *needed))
        included = _DEFAULT_COMPONENTS if self.profile in {"default", "complete"} else ()
        wanted = [each for each in found if each not in included]
        return " ".join(
            (
                f"rustup toolchain install {shlex.quote(name)}",
                f"--profile {shlex.quote(self.profile)}",
                *((f"--component {shlex.quote(','.join(wanted))}",) if wanted else ()),
                *((f"--target {shlex.quote(','.join(self.targets))}",) if self.targets else ()),
            )
        )


def chosen_toolchain(
    loaded: LoadedSettings, workspace: Path, environment: Mapping[str, str], flag: str | None
) -> Chosen:
    """Who chooses the toolchain: ``flag``, the setting, the variable, or a toolchain file.

    https://rust-lang.github.io/rustup/overrides.html
    """
    if flag and flag != loaded.settings.toolchain:
        return Chosen(name=flag, by="--toolchain", change="Give --toolchain {}")
    if loaded.settings.toolchain:
        source = loaded.sources.get(("toolchain",))
        where = f" ({source})" if source is not None else ""
        return Chosen(
            name=loaded.settings.toolchain,
            by=f"the setting `toolchain`{where}",
            change='Set `toolchain = "{}"`',
        )
    if environment.get("RUSTUP_TOOLCHAIN"):
        return Chosen(
            name=environment["RUSTUP_TOOLCHAIN"],
            by="the variable RUSTUP_TOOLCHAIN",
            change="Set RUSTUP_TOOLCHAIN={}",
        )
    file = toolchain_file(workspace)
    return Chosen() if file is None else _of_file(file)


def _of_file(file: ToolchainFile) -> Chosen:
    def words(key: str) -> tuple[str, ...]:
        value = file.table.get(key)
        return tuple(map(str, value)) if isinstance(value, list) else ()

    change = f'Set `channel = "{{}}"` in {file.path}'
    return Chosen(
        name=file.channel or str(file.table.get("path") or "") or None,
        by=str(file.path),
        change=change if file.table else f"Write {{}} into {file.path}",
        profile=str(file.table.get("profile") or "minimal"),
        components=words("components"),
        targets=words("targets"),
    )


def not_started(
    chosen: Chosen, reason: str, needed: Iterable[str], environment: Mapping[str, str]
) -> ToolchainError:
    """The error for a cargo that answers with ``reason`` instead of its version.

    ``needed`` are the components that sessions want.
    """
    if _NOT_RUSTUP in reason:
        step = f"Install rustup: {GET_RUST}"
        if chosen.by and chosen.by.startswith(("the setting", "--toolchain")):
            step += f"\nor do without {chosen.by}."
        wish = f"the toolchain {chosen.name}" if chosen.name else "a toolchain"
        return ToolchainError(
            f"{chosen.by or 'Something'} asks for {wish}, but cargo was not installed by rustup, "
            "so it cannot choose one.",
            next_step=step,
        )
    absent = _ABSENT.search(reason)
    if absent is not None:
        return _absent(chosen, absent["name"], needed)
    if any(words in reason for words in _NO_DEFAULT):
        return ToolchainError(
            "No Rust toolchain is chosen: rustup has no default one, and nothing names another.",
            next_step="rustup default stable",
        )
    step = "rustup show   (in the workspace) says which one is chosen."
    if chosen.by:
        step = f"Correct {chosen.by}."
    elif shutil.which("rustup", path=environment.get("PATH", "")) is None:
        step = GET_RUST
    return ToolchainError(f"The Rust toolchain does not start:\n{reason}", next_step=step)


def _absent(chosen: Chosen, name: str, needed: Iterable[str]) -> ToolchainError:
    official = _OFFICIAL.fullmatch(name)
    short, fits = name, False
    if chosen.name and name.startswith(chosen.name):
        short, fits = chosen.name, True
    if official is not None and not fits:
        short = official["channel"] + (official["date"] or "")
    why = f"{chosen.by} asks for it" if fits and chosen.by else "it is rustup's default"
    message = f"The Rust toolchain {short} is not installed; {why}."
    if official is None:
        step = f"Install it by its own instructions, then: rustup toolchain link {short} FOLDER"
    else:
        step = (chosen if fits else Chosen()).installation(needed, short)
    return ToolchainError(message, next_step=step)


def without_components(
    chosen: Chosen, missing: tuple[str, ...], reason: str, environment: Mapping[str, str]
) -> ToolchainError:
    """The error for components that do not start; ``reason`` is what the first of them said."""
    names = " and ".join(missing)
    many = len(missing)
    title = f"{plural(many, 'component')} {names} {are(many)}"
    toolchain = re.search(r"toolchain '([^']+)'|'([^']+)' toolchain", reason)
    name = chosen.name or (next(filter(None, toolchain.groups())) if toolchain else None)
    of = f" in the Rust toolchain {name}" if name else ""
    step = f"rustup component add {' '.join(missing)}"
    step += f" --toolchain {shlex.quote(name)}" if name else ""
    if "custom toolchain" in reason:
        whose = name or "its toolchain"
        step = f"Install {names} by the instructions of {whose}: rustup cannot add to it."
    elif shutil.which("rustup", path=environment.get("PATH", "")) is None:
        packages = " ".join({"clippy": "rust-clippy"}.get(each, each) for each in missing)
        step = (
            f"Debian, Ubuntu, Alpine: install the {plural(many, 'package')} {packages}; "
            f"Fedora: {' '.join(missing)}; elsewhere rustup: {GET_RUST}"
        )
    return ToolchainError(f"The {title} not installed{of}.", next_step=step)
