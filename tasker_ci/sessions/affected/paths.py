"""What a changed path means by its name alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

_EVERYTHING = (
    (re.compile(r"(^|/)Cargo\.lock$"), "the versions of all dependencies"),
    (re.compile(r"(^|/)rust-toolchain(\.toml)?$"), "the toolchain"),
    (re.compile(r"(^|/)\.cargo/"), "cargo's configuration"),
    (re.compile(r"(^|/)\.config/"), "the settings of the tests"),
    (re.compile(r"(^|/)\.github/"), "the workflows"),
    (re.compile(r"(^|/)(migrations?|\.sqlx)/"), "the database"),
    (re.compile(r"(^|/)(docker|\.docker)/"), "the services"),
    (re.compile(r"(^|/)([\w.-]*\.)?(Dockerfile|Containerfile)([.-][\w.-]+)?$"), "the services"),
    (re.compile(r"(^|/)(docker-)?compose[\w.-]*\.ya?ml$"), "the services"),
    (re.compile(r"\.proto$"), "an interface between packages"),
    (re.compile(r"(^|/)config/(?!.*\.rs$)"), "the configuration of programs"),
    (re.compile(r"(^|/)build\.rs$"), "a build script, which may do anything"),
    (re.compile(r"(^|/)\.gitmodules$"), "the submodules"),
)

_NOTHING = (
    (re.compile(r"\.(md|markdown)$"), "documentation"),
    (re.compile(r"(^|/)(CODEOWNERS|(LICEN[CS]E|COPYING|NOTICE|AUTHORS)[\w.-]*)$"), "rights"),
    (re.compile(r"(^|/)(\.gitignore|\.gitattributes|\.git-blame-ignore-revs)$"), "settings of git"),
    (re.compile(r"(^|/)\.editorconfig$"), "settings of editors"),
    (re.compile(r"(^|/)\.?(rustfmt|clippy)\.toml$"), "settings of format and lints"),
)

TARGET_FOLDERS = frozenset({"src", "tests", "benches", "examples"})


def means_everything(path: str) -> str | None:
    """What a change of the path touches, if that is everything."""
    return next((why for pattern, why in _EVERYTHING if pattern.search(path)), None)


def means_nothing(path: str) -> str | None:
    """What a path is that no test depends on unless a source names it; None if one may."""
    return next((what for pattern, what in _NOTHING if pattern.search(path)), None)


def in_target_folder(inside: PurePath) -> bool:
    """Whether a path within a package lies with its sources."""
    return len(inside.parts) > 1 and inside.parts[0] in TARGET_FOLDERS
