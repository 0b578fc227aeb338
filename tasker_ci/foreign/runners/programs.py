"""Programs of the workspace that `cargo run` starts: whether they run cargo themselves.

Rust is not executed and not followed: the string literals of the program's package are read. One
that names neither cargo nor a runner of tests runs none.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.command import TOP, Commands
from tasker_ci.foreign.runners.follower import files_named
from tasker_ci.foreign.runners.paths import inside
from tasker_ci.text.toml_documents import read_toml

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Call, Follower, Repository
    from tasker_ci.foreign.runners.wrappers import Words

_TEST_WORDS = frozenset({
    "test", "t", "nextest", "llvm-cov", "tarpaulin", "bench", "miri", "careful", "hack", "mutants",
    "make", "just", "xtask",
})  # fmt: skip
_OTHER_WORDS = frozenset({
    "build", "b", "check", "c", "clippy", "fmt", "doc", "d", "run", "r", "publish", "package",
    "metadata", "install", "tree", "update", "clean", "fix", "rustc", "rustdoc",
    "generate-lockfile", "zigbuild", "ndk", "deny", "audit", "machete", "udeps",
    "set-version", "release", "about", "semver-checks", "public-api", "expand", "sort",
    "bloat", "add", "pkgid", "locate-project",
})  # fmt: skip
_CARGO = re.compile(r"(?:\S*/)?cargo(?:\.exe)?$|cargo\s+(?!xtask)|.*[;&|(`]\s*cargo\s", re.DOTALL)
_TESTS = re.compile(r"test|cargo|bench|^ci$|^all$|cover|check$|verify|precommit|pre-commit")
_TASKS = re.compile(r"task|test|\bci\b|dev|tool|build|script|runner|nextest|make|check|^x$")
_NO_TESTS = re.compile(
    r"(?:fmt|format|docs?|readme|clippy|lint|lints|udeps|tidy|semver-checks?|assets?|codegen|metrics"
    r"|typos|spell\S*|deny|build\S*|install\S*|clean|changelog|machete|gen\S*|schema\S*|licenses?"
    r"|completions?|man|manpages?|update\S*|bump\S*|version\S*|docker|package)"
)
"""Tasks that are named by what they do, and that run no tests."""
_MENTION = re.compile(r"(?i)cargo|nextest|\"(?:test|bench|miri|make|just)\"")
_LINE = re.compile(r"^cargo(?:\s+\+\S+)?\s+(?P<sub>[a-z][a-z-]*)")


@dataclass(frozen=True, kw_only=True)
class Program:
    """A package that may have a program."""

    name: str
    folder: PurePosixPath
    programs: tuple[str, ...] = ()
    """``[[bin]]`` by name."""


@dataclass(frozen=True, kw_only=True)
class Literals:
    """The string literals of a package's sources."""

    texts: frozenset[str] = frozenset()
    names_cargo: bool = False


def packages(repository: Repository) -> tuple[Program, ...]:
    """The packages of the repository."""

    def read() -> tuple[Program, ...]:
        found = []
        for file in files_named(repository, "Cargo.toml"):
            document = _manifest(repository, file)
            package = document.get("package")
            if isinstance(package, dict) and isinstance(name := package.get("name"), str):
                bins = document.get("bin")
                names = [
                    each["name"]
                    for each in (bins if isinstance(bins, list) else ())
                    if isinstance(each, dict) and isinstance(each.get("name"), str)
                ]
                found.append(Program(name=name, folder=file.parent, programs=tuple(names)))
        return tuple(found)

    packages: tuple[Program, ...] = repository.once("programs of the workspace", read)
    return packages


def _manifest(repository: Repository, file: PurePosixPath) -> dict[str, Any]:
    try:
        return read_toml(repository.text(file) or "")
    except tomllib.TOMLDecodeError:
        return {}


def program_run(call: Call, follower: Follower, words: Words) -> Commands | None:
    """`cargo run`: opaque where the program runs cargo; None where it does not."""
    given, arguments = _split(words)
    package = _package(call, follower.repository, given)
    return program_literals(call, follower.repository, package, arguments)


def program_literals(
    call: Call,
    repository: Repository,
    package: Program | None,
    arguments: tuple[str | None, ...],
) -> Commands | None:
    """What a program of a package runs, by its literals; the call itself comes first."""
    if package is None or not _may_be_a_runner(package, arguments):
        return None
    literals: Literals = repository.once(
        ("literals", package.folder), lambda: _literals(repository, package)
    )
    if not literals.names_cargo:
        return None
    lines = sorted(text for text in literals.texts if _LINE.match(text))
    exact = [
        text for text in literals.texts if _CARGO.match(text) and text not in lines
    ] or "CARGO" in literals.texts
    if exact and literals.texts & _TEST_WORDS:
        what = one_line(call.command.text, 60)
        return call.opaque(f"`{what}` runs cargo itself (package {package.name})")
    named = {match["sub"] for text in lines if (match := _LINE.match(text))}
    named |= literals.texts & _OTHER_WORDS if exact else frozenset()
    found = [
        call.command,
        *(
            replace(call.command, words=("cargo", word, None), parts=(), certain=False)
            for word in sorted(named & (_OTHER_WORDS | _TEST_WORDS))
        ),
    ]
    return Commands(commands=tuple(found))


def _may_be_a_runner(package: Program, arguments: tuple[str | None, ...]) -> bool:
    """Whether what the program is asked for may be a run of tests, by the names."""
    known = [word for word in arguments if word is not None]
    words = [word for word in known if not word.startswith("-")]
    if None in arguments[:1] or any(_TESTS.search(word) for word in words):
        return True
    if not _TASKS.search(package.name) and not _TASKS.search(package.folder.name):
        return False  # the product itself, which may well call `cargo metadata`
    return not words or not _NO_TESTS.fullmatch(words[0])


def _split(words: Words) -> tuple[Words, tuple[str | None, ...]]:
    if "--" not in words:
        return words, ()
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _package(call: Call, repository: Repository, words: Words) -> Program | None:
    known = packages(repository)
    name = _value(words, "-p", "--package")
    if name is not None:
        return next((each for each in known if each.name == name.split("@")[0]), None)
    manifest = _value(words, "--manifest-path")
    if manifest is not None:
        path = inside(manifest, call.around.folder)
        folder = path.parent if path is not None else None
        return next((each for each in known if each.folder == folder), None)
    program = _value(words, "--bin", "--example")
    if program is not None:
        named = [each for each in known if program in each.programs or each.name == program]
        if named:
            return named[0]
    folder = call.around.folder if call.around.folder is not None else TOP
    for around in (folder, *folder.parents):
        found = next((each for each in known if each.folder == around), None)
        if found:
            return found
        if repository.has(around / "Cargo.toml"):
            break
    return None


def _value(words: Words, *names: str) -> str | None:
    for index, word in enumerate(words):
        if word is None:
            continue
        if word in names:
            return words[index + 1] if index + 1 < len(words) else None
        for name in names:
            if word.startswith(f"{name}=") or (
                len(name) == 2 and word.startswith(name) and len(word) > 2  # noqa: PLR2004 - `-pNAME`
            ):
                return word[len(name) :].removeprefix("=")
    return None


def _literals(repository: Repository, package: Program) -> Literals:
    from tasker_ci.rust.tokens import literals, parse

    others = {
        each.folder
        for each in packages(repository)
        if each.folder != package.folder and package.folder in each.folder.parents
    }
    texts: set[str] = set()
    for file in sorted(repository.files):
        if file.suffix != ".rs" or package.folder not in file.parents:
            continue
        relative = file.relative_to(package.folder)
        if relative.parts[0] in {"tests", "benches"} or relative.name == "build.rs":
            continue
        if others and not others.isdisjoint(file.parents):
            continue
        text = repository.text(file)
        if text is None or not _MENTION.search(text):
            continue
        source = text.encode()
        for begin, end in literals(parse(source)):
            literal = source[begin:end].decode("utf-8", "replace")
            texts.add(re.sub(r'^[br]*#*"|"#*$', "", literal))
    return Literals(
        texts=frozenset(texts),
        names_cargo=any(_CARGO.match(text) or text in {"CARGO", "nextest"} for text in texts),
    )
