"""What packages take from outside of their own folder, as their sources say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tasker_ci.rust.data_files import ByEnd, Mention
from tasker_ci.rust.reach import normal, reach_of
from tasker_ci.rust.sources import Sources
from tasker_ci.sessions.affected.telling import telling_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from tasker_ci.rust.declarations import TextLiteral
    from tasker_ci.rust.reach import Arrival, Reach
    from tasker_ci.rust.workspace import Package, Workspace

GIT = "git"
_MANIFEST = "CARGO_MANIFEST_DIR"
_ANYTHING = {
    "cargo": "it runs cargo, which may build anything",
    "CARGO": "it runs cargo, which may build anything",
    GIT: "it runs git, which sees every change",
}
"""Texts of sources that start a program with a view of the whole workspace."""

_WORKSPACE = re.compile(r"[A-Z_]*WORKSPACE[A-Z_]*(DIR|ROOT|PATH)")
"""Variables that people point at the whole workspace."""

_PATH_CHARACTERS = 200
_FIRST_PLACEHOLDER = re.compile(r"^\{[^{}]*\}")
"""As a rule the package's folder."""


@dataclass(kw_only=True)
class AffectedReading:
    """The sources of a workspace, and what their texts hold on to."""

    root: Path
    reach: Reach
    anything: dict[str, str] = field(default_factory=dict)
    """Packages that any change may concern, with the reason."""
    by_git: set[str] = field(default_factory=set)
    """Those of ``anything`` that run git, for which documentation is a change too."""
    passing_on: set[str] = field(default_factory=set)
    """Those of ``anything`` whose dependents it concerns too."""
    programs: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)
    """Packages that name a program of another member: that member, with the reason, and whether
    more than tests do."""
    mentions: dict[str, list[tuple[Mention, bool]]] = field(default_factory=dict)
    """Texts that may be paths by package, and whether they stand in more than tests."""
    words: dict[str, dict[str, tuple[Mention, bool]]] = field(default_factory=dict)
    """By package the last word of every text, for folders that are named without a slash."""

    def mentioning(self, file: Path, *, folders: bool = True) -> Iterator[tuple[str, str, bool]]:
        """The packages whose sources name ``file``, or with ``folders`` a folder around it.

        Without, a folder has to be named by a word of its own: what looks at the whole workspace
        does not read all its documentation. With the reason, and whether more than their tests
        name it.
        """
        holds = partial(_holds, self.root) if folders else _names
        for name in {**self.mentions, **self.words}:
            own = self._candidates(name, file)
            held = [(mention, product) for mention, product in own if holds(mention, file)]
            if not held:
                held = [*(self._into_another(name, file) if folders else self._by_word(name, file))]
            if held:
                mention, product = max(held, key=lambda each: each[1])
                yield name, f"{mention.source.name}:{mention.line} names {mention.value!r}", product

    def _candidates(self, name: str, file: Path) -> list[tuple[Mention, bool]]:
        """The texts of a package that may lead to ``file``, in their order."""
        if name not in self._by_end:
            return []
        return [self.mentions[name][place] for place in self._by_end[name].around(file)]

    @cached_property
    def _by_end(self) -> dict[str, ByEnd]:
        return {name: ByEnd(mention for mention, _ in own) for name, own in self.mentions.items()}

    def _by_word(self, name: str, file: Path) -> Iterator[tuple[Mention, bool]]:
        """The texts that name a folder around ``file``, or its kind of file (``md``).

        Within the package one is enough; elsewhere another has to lead there (``..``).
        """
        words, package = self._words(name)
        inside = file.is_relative_to(package)
        above = next(each for each in (package, self.root, file.root) if file.is_relative_to(each))
        leads = (_holds(self.root, mention, file) for mention, _ in self._candidates(name, file))
        if inside or any(leads):
            folders = file.relative_to(above).parts[:-1]
            yield from (
                words[word] for word in (*folders, file.suffix, file.suffix[1:]) if word in words
            )

    def _into_another(self, name: str, file: Path) -> Iterator[tuple[Mention, bool]]:
        """The texts that name a folder on the way to a ``file`` of a package within this one.

        The package at the root reaches the others without ``..``: ``root.join("crates")``.
        """
        words, package = self._words(name)
        around = [folder for folder in file.parents if folder.is_relative_to(package)][:-1]
        if any((folder / "Cargo.toml").is_file() for folder in around):
            yield from (words[folder.name] for folder in around if folder.name in words)

    def _words(self, name: str) -> tuple[dict[str, tuple[Mention, bool]], Path]:
        """The words of a package, and its folder."""
        words = self.words.get(name, {})
        return words, next((mention.package for mention, _ in words.values()), self.root)


def read_sources(
    workspace: Workspace,
    sources: Sources | None = None,
    *,
    doctests: bool = False,
    changed: Collection[Path] | None = None,
) -> AffectedReading:
    """Read every source that a target reaches, with ``doctests`` the code in documentation too.

    Where ``changed`` is given, no other files are asked for later, and only what may lead to them
    is looked at.
    """
    sources = sources or Sources()
    reading = AffectedReading(root=workspace.root, reach=reach_of(workspace, sources))
    programs = {
        name: package
        for package in workspace.packages
        for target in package.targets
        if target.kind == "bin"
        for name in (target.name, package.name)
    }
    may_tell = None
    if changed is not None:
        may_tell = telling_of(changed, {*_ANYTHING, _MANIFEST, *programs}).may_tell
    dull: dict[tuple[str, bool], set[str]] = {}  # by package, and whether more than tests have it
    for file, arrivals in reading.reach.arrivals.items():
        run = [arrival for arrival in arrivals if _is_run(arrival)]
        packages = {arrival.package.name: arrival.package for arrival in run}
        product = {arrival.package.name for arrival in run if arrival.in_product}
        texts = sources.texts(file, may_tell) if packages else ()
        for name, package in packages.items():
            known = dull.setdefault((name, name in product), set())
            for text in texts:
                if text.value not in known:
                    _note(reading, programs, package, file, text, product=name in product)
                    if _is_dull(text, programs):
                        known.add(text.value)
        documented = {each.package.name: each.package for each in run if each.target.doctested}
        for example in reading.reach.sources[file].examples if doctests and documented else ():
            for text in sources.texts_of_code(example.code):
                placed = text._replace(line=example.line + text.line)
                for package in documented.values():
                    _note(reading, programs, package, file, placed, product=False)
    return reading


def _is_run(arrival: Arrival) -> bool:
    """Whether `unit` builds or runs it: not the examples and benchmarks without tests."""
    return arrival.target.tested or arrival.target.kind not in {"bench", "example"}


def _note(
    reading: AffectedReading,
    programs: dict[str, Package],
    package: Package,
    file: Path,
    text: TextLiteral,
    *,
    product: bool,
) -> None:
    if text.is_feature:
        return
    value = _written_out(text.value)
    if value == _MANIFEST and text.goes_up:
        value = "../.."
    why = _ANYTHING.get(value)
    if _WORKSPACE.fullmatch(value):
        why = "it looks at the whole workspace"
    if why:
        reading.anything.setdefault(package.name, f"{file.name}:{text.line}: {why}")
        if value == GIT:
            reading.by_git.add(package.name)
        if product:
            reading.passing_on.add(package.name)
    other = programs.get(value)
    by_package = other is not None and other.name == value
    if by_package and not text.of_package:
        other = next((each for each in programs.values() if _has_program(each, value)), None)
    if other is not None and other.name != package.name:
        names = reading.programs.setdefault(package.name, {})
        names[other.name] = (
            f"{file.name}:{text.line} names its program {value}",
            product or names.get(other.name, ("", False))[1],
        )
    words = reading.words.setdefault(package.name, {})
    last = value.strip("/").rpartition("/")[2]
    is_word = last and len(value) <= _PATH_CHARACTERS and last not in {".", ".."}
    is_first = is_word and (last not in words or (product and not words[last][1]))
    is_path = _is_path(value, text)
    if not (is_first or is_path):
        return
    mention = Mention(package=package.manifest.parent, source=file, line=text.line, value=value)
    if is_first:
        words[last] = mention, product
    if is_path:
        reading.mentions.setdefault(package.name, []).append((mention, product))


def _is_dull(text: TextLiteral, programs: Mapping[str, Package]) -> bool:
    """Whether a second text like it in the package says nothing new: a word, no path or program."""
    value = _written_out(text.value)
    may_tell_more = "/" in value or "." in value or value == _MANIFEST or value in programs
    return not may_tell_more and not text.is_feature


def _written_out(value: str) -> str:
    """The folder that is known of what `format!` fills in: ``{}/../core/data/{name}.json``."""
    if "{" not in value:
        return value
    head, brace, _ = _FIRST_PLACEHOLDER.sub("", value).partition("{")
    return head.rpartition("/")[0] if brace else head


def _has_program(package: Package, name: str) -> bool:
    return any(target.kind == "bin" and target.name == name for target in package.targets)


def _is_path(value: str, text: TextLiteral) -> bool:
    if value in {"..", "../"} and text.is_prose:
        return False
    if not value or len(value) > _PATH_CHARACTERS or "\n" in value or " " in value:
        return False
    return "/" in value or value == ".." or "." in value.strip(".")


def _names(mention: Mention, file: Path) -> bool:
    """Whether a text is the file's path, a pattern for it, or a path that ends with its name."""
    return mention.means(file) or mention.value.rpartition("/")[2] == file.name


def _holds(root: Path, mention: Mention, file: Path) -> bool:
    """Whether a text is the file's path, or that of a folder around it outside of the package.

    It may start at the package, at its source, or at any folder above them in the workspace.
    """
    if mention.means(file):
        return True
    value = mention.value.strip("/")
    if value in {"", "."}:
        return False
    above = [folder for folder in mention.package.parents if folder.is_relative_to(root)]
    for base in (mention.package, mention.source.parent, *above):
        path = normal(base / value)
        if file.is_relative_to(path) and not path.is_relative_to(mention.package):
            return True
    return False
