"""Runners of tasks, each with the files that it reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.runners.follower import files_named
from tasker_ci.foreign.runners.mentions import cargo_subcommands, may_run_tests, names_cargo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasker_ci.foreign.command import Commands
    from tasker_ci.foreign.runners.follower import Call, Follower, Repository

UNREAD: Mapping[str, tuple[str, ...]] = {
    "bazel": ("MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel", "BUILD.bazel"),
    "bazelisk": ("MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel", "BUILD.bazel"),
    "buck2": ("BUCK", ".buckconfig"),
    "earthly": ("Earthfile",),
    "earth": ("Earthfile",),
    "dagger": ("dagger.json",),
    "tox": ("tox.ini", "pyproject.toml", "setup.cfg"),
    "nox": ("noxfile.py",),
    "invoke": ("tasks.py",),
    "inv": ("tasks.py",),
    "rake": ("Rakefile",),
    "mage": ("magefile.go",),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "gradle": ("build.gradle", "build.gradle.kts"),
    "gradlew": ("build.gradle", "build.gradle.kts"),
    "cmake": ("CMakeLists.txt",),
    "ctest": ("CMakeLists.txt",),
    "ninja": ("CMakeLists.txt", "build.ninja"),
    "meson": ("meson.build",),
    "scons": ("SConstruct",),
    "pre-commit": (".pre-commit-config.yaml",),
    "prek": (".pre-commit-config.yaml",),
    "lefthook": ("lefthook.yml",),
    "nix": ("flake.nix",),
    "nix-build": ("default.nix",),
    "act": (),
}

_NIX_COMMENT = re.compile(r"(?m)#.*$|^\s*/\*(?s:.*?)\*/")
_NIX_BUILDER = re.compile(r"\bbuildRust(?:Package|Crate)\b(?!\s*=)")
_NIX_TESTS = re.compile(
    r"\bdoCheck\s*=(?!\s*false)|useNextest|\b(?:crane|naersk|crate2nix|cargo2nix|cargoTest)\b"
    r"|\bcargo\s+(?:\S+\s+)?(?:test|nextest)"
)
_BUILDERS = {"bazel", "bazelisk", "buck2", "nix", "nix-build", "earthly", "earth"}


def _is_plain_build(call: Call) -> bool:
    """`nix build`, which runs no more than what it builds; `nix flake check` runs the checks."""
    return call.name == "nix-build" or (call.name == "nix" and call.words[:1] == ("build",))


def _checks_nothing(repository: Repository) -> bool:
    """Whether every package that Nix builds here from Rust is built without its tests."""
    texts = [repository.text(path) or "" for path in repository.files if path.suffix == ".nix"]
    text = _NIX_COMMENT.sub("", "\n".join(texts))
    builders = len(_NIX_BUILDER.findall(text))
    off = len(re.findall(r"\bdoCheck\s*=\s*false\s*;", text))
    return 0 < builders <= off and not _NIX_TESTS.search(text)


def _tests(text: str) -> bool:
    """Whether what a text calls of cargo may run tests."""
    subcommands = cargo_subcommands(text)
    return subcommands is None or may_run_tests(" ".join(subcommands))


def other_called(call: Call, follower: Follower) -> Commands | None:
    """A runner that is not read: opaque where its files speak of cargo."""
    names = UNREAD.get(call.name)
    if names is None:
        return None
    if call.name == "nix" and call.words[:1] not in {("build",), ("flake",), ("run",)}:
        return None
    repository = follower.repository
    for path in files_named(repository, *names):
        text = repository.text(path)
        builds = call.name in _BUILDERS and text and re.search(r"(?i)rust|crane|naersk", text)
        if builds and _is_plain_build(call) and _checks_nothing(repository):
            continue
        if text is None or builds or (names_cargo(text) and _tests(text)):
            return call.opaque(f"`{one_line(call.command.text, 60)}` runs what {path} says")
    return None
