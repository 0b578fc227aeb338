"""A justfile taken apart: settings, variables, aliases, recipes, modules.

https://just.systems/man/en/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tasker_ci.foreign.runners.just_expressions import text_of_string, tokens_of
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Repository
    from tasker_ci.foreign.runners.just_expressions import Token

_SET = re.compile(r"set\s+(?P<name>[\w-]+)\s*(?::=\s*(?P<value>.*))?$", re.DOTALL)
_ASSIGNMENT = re.compile(
    r"(?P<export>export\s+)?(?:eager\s+|lazy\s+)?(?P<name>[A-Za-z_][\w-]*)\s*:=\s*(?P<value>.*)$",
    re.DOTALL,
)
_ALIAS = re.compile(r"alias\s+(?P<name>[\w-]+)\s*:=\s*(?P<target>[\w:-]+)")
_IMPORT = re.compile(r"import\??\s+(?P<file>['\"].*['\"])")
_MODULE = re.compile(r"mod\??\s+(?P<name>[\w-]+)(?:\s+(?P<file>['\"].*['\"]))?\s*$")
_RECIPE = re.compile(r"@?(?P<name>[A-Za-z_][\w-]*)(?P<rest>(?:\s.*)?:(?!=).*|:)$", re.DOTALL)
_LONGEST = 20_000


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of a recipe."""

    name: str
    default: str | None = None
    """An expression."""
    many: str = ""
    """``+`` or ``*``."""
    exported: bool = False


@dataclass(kw_only=True)
class Recipe:
    """A recipe; of several with one name the system decides."""

    name: str
    file: PurePosixPath
    line: int
    quiet: bool = False
    parameters: list[Parameter] = field(default_factory=list)
    before: list[tuple[str, list[str]]] = field(default_factory=list)
    """Recipes that it needs, each with expressions as arguments."""
    after: list[tuple[str, list[str]]] = field(default_factory=list)
    body: list[tuple[int, str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    """Each with what stands in its parentheses."""


@dataclass(kw_only=True)
class Justfile:
    """One justfile with those that it imports."""

    path: PurePosixPath
    settings: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    """Expressions."""
    exported: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    recipes: dict[str, list[Recipe]] = field(default_factory=dict)
    modules: dict[str, Justfile] = field(default_factory=dict)
    unread: list[tuple[int, str]] = field(default_factory=list)


def read_justfile(repository: Repository, path: PurePosixPath, depth: int = 0) -> Justfile:
    """Read a justfile; what cannot be read of it is in ``unread``."""
    justfile = Justfile(path=path)
    _read_into(justfile, repository, path, depth)
    return justfile


def _read_into(justfile: Justfile, repository: Repository, path: PurePosixPath, depth: int) -> None:
    text = repository.text(path)
    if text is None or depth > 10:  # noqa: PLR2004 - imports of imports
        return
    attributes: dict[str, str] = {}
    recipe: Recipe | None = None
    for number, line in _statements(text):
        if line[:1] in {" ", "\t"}:
            if recipe is not None:
                recipe.body.append((number, line))
            continue
        if not line.strip():
            if recipe is not None:
                recipe.body.append((number, ""))
            continue
        if line.startswith("#") or len(line) > _LONGEST:
            continue
        recipe = None
        if line.startswith("["):
            attributes |= _attributes(line)
            continue
        recipe = _statement(justfile, repository, path, number, line, depth)
        if recipe is not None:
            recipe.attributes = attributes
        attributes = {}


def _statement(
    justfile: Justfile,
    repository: Repository,
    path: PurePosixPath,
    number: int,
    line: str,
    depth: int,
) -> Recipe | None:
    if found := _SET.match(line):
        justfile.settings[found["name"]] = (found["value"] or "true").strip()
    elif found := _ALIAS.match(line):
        justfile.aliases[found["name"]] = found["target"]
    elif found := _IMPORT.match(line):
        file = inside(_plain(found["file"]), path.parent)
        if file is not None:
            _read_into(justfile, repository, file, depth + 1)
    elif found := _MODULE.match(line):
        for name in _module_files(found["name"], found["file"]):
            file = inside(name, path.parent)
            if file is not None and repository.has(file):
                justfile.modules[found["name"]] = read_justfile(repository, file, depth + 1)
                break
    elif found := _ASSIGNMENT.match(line):
        justfile.variables[found["name"]] = found["value"]
        if found["export"]:
            justfile.exported.add(found["name"])
    elif found := _RECIPE.match(line):
        recipe = _recipe(found["name"], found["rest"], path, number)
        recipe.quiet = line.startswith("@")
        justfile.recipes.setdefault(recipe.name, []).append(recipe)
        return recipe
    elif not line.startswith("unexport"):
        justfile.unread.append((number, line))
    return None


def _module_files(name: str, file: str | None) -> list[str]:
    if file:
        plain = _plain(file)
        return [plain, f"{plain}/mod.just", f"{plain}/justfile", f"{plain}/.justfile"]
    return [f"{name}.just", f"{name}/mod.just", f"{name}/justfile", f"{name}/.justfile"]


def _plain(quoted: str) -> str:
    kind, text = (tokens_of(quoted) or [("rest", "")])[0]
    return text_of_string(kind, text) if kind in {"raw", "cooked"} else ""


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Lines; one with an open string or parenthesis has those that close it."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at]
        at += 1
        if line[:1] not in {" ", "\t", "#", ""}:
            while at < len(lines) and _is_open(line) and at - number < 200:  # noqa: PLR2004 - lines
                line = f"{line}\n{lines[at]}"
                at += 1
            if line.endswith("\\"):
                while line.endswith("\\") and at < len(lines):
                    line = f"{line[:-1]} {lines[at].strip()}"
                    at += 1
        yield number, line


def _is_open(line: str) -> bool:
    for mark in ("'''", '"""', "```"):
        if line.count(mark) % 2:
            return True
    tokens = tokens_of(line)
    opened = sum(text in "({" for kind, text in tokens if kind == "mark")
    closed = sum(text in ")}" for kind, text in tokens if kind == "mark")
    return opened > closed


def _attributes(line: str) -> dict[str, str]:
    found: dict[str, str] = {}
    inner = line.strip().removeprefix("[").rpartition("]")[0]
    for name, arguments, value in re.findall(
        r"([a-z-]+)\s*(?:\(([^)]*)\)|:\s*('[^']*'|\"[^\"]*\"))?", inner
    ):
        if name not in found:
            found[name] = arguments or value
    return found


def _recipe(name: str, rest: str, path: PurePosixPath, number: int) -> Recipe:
    tokens = tokens_of(rest)
    recipe = Recipe(name=name, file=path, line=number)
    at = _parameters(tokens, recipe)
    target = recipe.before
    while at < len(tokens):
        kind, text = tokens[at]
        at += 1
        if (kind, text) == ("mark", "&&"):
            target = recipe.after
        elif kind == "name":
            target.append((text, []))
        elif (kind, text) == ("mark", "("):
            end = _end(tokens, at - 1)
            inner = tokens[at:end]
            at = end + 1
            if inner and inner[0][0] == "name":
                target.append((inner[0][1], _arguments(inner[1:])))
    return recipe


def _parameters(tokens: list[Token], recipe: Recipe) -> int:
    """Read the parameters; where the dependencies begin."""
    at = 0
    many, exported = "", False
    while at < len(tokens) and tokens[at] != ("mark", ":"):
        kind, text = tokens[at]
        at += 1
        if kind == "mark" and text in {"+", "*"}:
            many = text
        elif (kind, text) == ("mark", "$"):
            exported = True
        elif kind == "name":
            default = None
            if at < len(tokens) and tokens[at] == ("mark", "="):
                default, at = _value(tokens, at + 1)
            recipe.parameters.append(
                Parameter(name=text, default=default, many=many, exported=exported)
            )
            many, exported = "", False
    return at + 1


def _value(tokens: list[Token], at: int) -> tuple[str, int]:
    """One value as an expression, and where it ends."""
    if at >= len(tokens):
        return "", at
    end = at + 1
    if tokens[at] == ("mark", "("):
        end = _end(tokens, at) + 1
    elif tokens[at][0] == "name" and tokens[end : end + 1] == [("mark", "(")]:
        end = _end(tokens, end) + 1
    return " ".join(text for _, text in tokens[at:end]), end


def _arguments(tokens: list[Token]) -> list[str]:
    """Arguments of a dependency; `a + b` is one."""
    found: list[str] = []
    at = 0
    while at < len(tokens):
        value, at = _value(tokens, at)
        while at < len(tokens) and tokens[at] in {("mark", "+"), ("mark", "/")}:
            more, end = _value(tokens, at + 1)
            value, at = f"{value} {tokens[at][1]} {more}", end
        found.append(value)
    return found


def _end(tokens: list[Token], begin: int) -> int:
    depth = 0
    for index in range(begin, len(tokens)):
        kind, text = tokens[index]
        if kind == "mark":
            depth += (text in "({") - (text in ")}")
            if depth == 0:
                return index
    return len(tokens)
