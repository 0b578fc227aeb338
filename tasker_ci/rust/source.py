"""Read one Rust file: modules, included files, tests, examples in its documentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from tasker_ci.rust.attributes import Attribute, read_attribute
from tasker_ci.rust.conditions import Condition, Quoted
from tasker_ci.rust.declarations import (
    OF_MACRO,
    DocumentationExample,
    Include,
    Level,
    Module,
    SourceFile,
    Test,
)
from tasker_ci.rust.scopes import Scope, Scopes
from tasker_ci.rust.tokens import macros_of, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tree_sitter import Node

    from tasker_ci.rust.plain_tokens import PlainToken
    from tasker_ci.rust.tokens import Macros, Token


_ENDS = (
    *("_item", "_declaration", "_statement", "_definition", "block", "declaration_list"),
    "macro_invocation",
)
_INCLUDES = {"include", "include_str", "include_bytes"}


def source_of(
    root: Node, content: bytes, test_attributes: Iterable[str] = (), macros: Macros | None = None
) -> SourceFile:
    """What a parsed file declares; what cannot be read of it is passed over.

    ``macros`` are those of the whole file where ``content`` is its outline.
    """
    macros = macros or macros_of(content)
    scan = _Scan(
        test_attributes=frozenset(test_attributes),
        sound=not root.has_error,
        makers=macros.makers,
        excluding=macros.excluding,
    )
    return scan.source(tokens_of(root, content, macros.all))


def source_of_tokens(
    tokens: Iterable[PlainToken], test_attributes: Iterable[str] = ()
) -> SourceFile:
    """What a file of plain items declares."""
    return _Scan(test_attributes=frozenset(test_attributes), sound=True).source(tokens)


@dataclass(kw_only=True)
class _Scan(Scopes):
    """Reads tokens one by one."""

    test_attributes: frozenset[str]
    sound: bool
    """Whether the file could be read whole, so that its braces can be trusted."""
    makers: frozenset[str] = frozenset()
    """Macros of the file that declare modules of the names that they are given."""
    excluding: frozenset[str] = frozenset()
    """Macros that refuse two of the features that they are given, together."""
    refusals: list[tuple[Condition, ...]] = field(default_factory=list)
    unstable: list[Condition] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    benchmarks: list[Test] = field(default_factory=list)
    own_test_macro: bool = False
    _documentation: list[tuple[int, str]] = field(default_factory=list)
    """Of the item that follows."""
    _own_documentation: list[tuple[int, str]] = field(default_factory=list)
    """Of the module around (``//!``)."""
    _documented: list[tuple[list[tuple[int, str]], tuple[Condition, ...]]] = field(
        default_factory=list
    )
    _before: tuple[str, str, str] = ("", "", "")
    """The three tokens before this one."""
    _awaits: str | None = None
    """The macro whose arguments come next."""

    def source(self, tokens: Iterable[Token | PlainToken]) -> SourceFile:
        """Read all tokens of a file."""
        for token in tokens:
            self.take(token)
        return SourceFile(
            modules=tuple(self.modules),
            includes=tuple(self.includes),
            tests=tuple(self.tests),
            benchmarks=tuple(self.benchmarks),
            examples=tuple(self.examples()),
            conditions=tuple(self.scopes[0].conditions),
            refusals=tuple(self.refusals),
            unstable=tuple(self.unstable),
            own_test_macro=self.own_test_macro,
        )

    def take(self, token: Token | PlainToken) -> None:
        """Read the next token."""
        if token.kind == "documentation":
            self._document(token)
            return
        self._end_of_own_documentation()
        if token.kind in {"attribute", "inner attribute"}:
            words = _inner(token.words)
            self._awaits = None
            if macro := next((each for each in words if each in _INCLUDES), None):
                self._include(macro, words, token.line)
            if token.kind == "attribute":
                self._attributes += read_attribute(words)
            else:
                self._inner_attribute(read_attribute(words))
            return
        text = token.text if token.kind == "token" else ""
        if self._awaits and text != "!":
            if token.kind == "token_tree":
                self._arguments(self._awaits, token)
            self._awaits = None
        self._note(text, token.words if self.scopes[-1].arms is not None else ())
        if token.kind == "function_item":
            self._function(token.name, token)
            self._end_of_item()
        elif token.kind != "token":
            self._passed_over(token)
        else:
            self._word(text, token)
        self._before = (*self._before[1:], text or token.kind)

    def _arguments(self, macro: str, token: Token | PlainToken) -> None:
        """What the macro that was named before is given."""
        words = token.words
        if macro in self.makers:
            for given in filter(_is_name, words):
                self._module(_plain(given), token, by_macro=True)
        elif macro in self.excluding:
            self._excluded(words)
        else:
            self._include(macro, words, token.line)

    def _word(self, text: str, token: Token | PlainToken) -> None:
        before = self._before[-1]
        if before == "mod" and _is_name(text):
            self._item = self._scope(level=Level(_plain(text), self._path()))
        elif before == "fn" and _is_name(text.removeprefix("$")):  # `$name` within a macro
            self._function(_plain(text), token)
            self._item = self._scope(function=_plain(text))
        elif text in _INCLUDES or text in self.makers or text in self.excluding:
            self._awaits = text
        elif text == "compile_error":
            self._refused(token)
        elif text == "dir" and self._before[-2:] == ("automod", "::"):
            self._awaits = "automod::dir"
        elif text == "{":
            self.scopes.append(self._item or self._branch(before))
            self._end_of_item()
        elif text == "}":
            ended = self.scopes.pop() if len(self.scopes) > 1 else Scope()
            self._end_of_item()
            self._branches = ended.branches
            return
        elif text == ";":
            if self._item and self._item.level and _plain(before) == self._item.level.name:
                self._module(self._item.level.name, token)
            self._end_of_item()
        elif text == "," and self._item is None:
            self._end_of_item()
        if text not in {"else", "if"}:
            self._branches = ()

    def _passed_over(self, token: Token | PlainToken) -> None:
        """A stretch without anything of interest; whole items end what was said of them."""
        if token.kind == "use_declaration" and "test" in token.words:
            self.own_test_macro = True
        braces = token.kind == "token_tree" and token.text.startswith("{")
        ended = (self._item or self._branch(self._before[-1])) if braces else Scope()
        if braces or token.kind.endswith(_ENDS):
            self._end_of_item()
        self._branches = ended.branches

    def _module(self, name: str, token: Token | PlainToken, *, by_macro: bool = False) -> None:
        paths = [each for each in self._attributes if each.path == "path" and each.value]
        self.modules.append(
            Module(
                name=name,
                line=token.line,
                by_macro=by_macro or token.in_macro_definition,
                paths=tuple(each.value or "" for each in paths),
                path_conditions=tuple(each.conditions for each in paths),
                only_paths=any(not each.conditions for each in paths),
                levels=self._levels(),
                conditions=self._scope().conditions,
            )
        )

    def _function(self, name: str, token: Token | PlainToken) -> None:
        makers = [each for each in self._attributes if each.makes_a_test(self.test_attributes)]
        found = self.tests
        if not makers:
            makers = [each for each in self._attributes if each.makes_a_benchmark]
            found = self.benchmarks
        if not makers:
            return
        inside = self.scopes[-1].function
        maker = min(makers, key=lambda each: len(each.conditions))
        ways = [Condition("all", parts=each.conditions) for each in makers]
        made = (Condition("any", parts=tuple(ways)),) if len(ways) > 1 else maker.conditions
        found.append(
            Test(
                name=name,
                line=token.line,
                attribute=maker.path,
                conditions=(
                    *self._scope().conditions,
                    *(made if maker.conditions else ()),
                ),
                inside=inside if self.sound and not token.in_macro else None,
                ignored=any(
                    each.path == "ignore" and not each.conditions for each in self._attributes
                ),
                module=OF_MACRO
                if token.in_macro or token.in_macro_definition
                else "::".join(level.name for level in self._levels()),
            )
        )

    def _include(self, macro: str, tokens: Sequence[str], line: int) -> None:
        texts = [token for token in tokens if isinstance(token, Quoted)]
        from_manifest = "CARGO_MANIFEST_DIR" in texts
        path = "".join(text for text in texts if text != "CARGO_MANIFEST_DIR")
        if (
            "OUT_DIR" in texts
            or not path
            or (set(tokens) & {"env", "concat"} and not from_manifest)
        ):
            return  # made by a build script, or not known before it is built
        self.includes.append(
            Include(
                path=path.lstrip("/") if from_manifest else path,
                line=line,
                macro=macro,
                from_manifest=from_manifest or macro == "automod::dir",
                levels=self._levels(),
                conditions=self.scopes[-1].conditions,
            )
        )

    def _refused(self, token: Token | PlainToken) -> None:
        """A `compile_error!`; within a macro it counts if a feature decides about it."""
        conditions = self._scope().conditions
        names = {name for each in conditions for name, _ in each.names()}
        if "feature" in names or not token.in_macro_definition:
            self.refusals.append(conditions)

    def _excluded(self, tokens: Sequence[str]) -> None:
        """A macro that refuses each two of these features."""
        features = [Condition("is", "feature", str(each)) for each in tokens if _is_text(each)]
        around = self._scope().conditions
        pairs = [(*around, Condition("all", parts=pair)) for pair in combinations(features, 2)]
        self.refusals += pairs

    def _inner_attribute(self, attributes: Iterable[Attribute]) -> None:
        kept, self._attributes = self._attributes, list(attributes)
        self.unstable += (
            Condition("all", parts=each.conditions)
            for each in self._attributes
            if each.path == "feature" and each.conditions
        )
        self.scopes[-1].conditions += self._own_conditions()
        self._attributes = kept

    def _document(self, token: Token | PlainToken) -> None:
        own = token.text.startswith(("//!", "/*!"))
        (self._own_documentation if own else self._documentation).append((token.line, token.text))

    def _end_of_own_documentation(self) -> None:
        if self._own_documentation:
            self._documented.append((self._own_documentation, self.scopes[-1].conditions))
            self._own_documentation = []

    def _end_of_item(self) -> None:
        if self._documentation:
            conditions = (*self.scopes[-1].conditions, *self._own_conditions())
            self._documented.append((self._documentation, conditions))
            self._documentation = []
        self._attributes, self._item, self._awaits = [], None, None

    def examples(self) -> Iterable[DocumentationExample]:
        """The code blocks of all documentation."""
        self._end_of_own_documentation()
        for comments, conditions in self._documented:
            if any("```" in text or "~~~" in text for _, text in comments):
                from tasker_ci.rust.documentation import examples_of

                yield from examples_of(comments, conditions)


def _inner(tokens: Sequence[str]) -> Sequence[str]:
    """What stands between an attribute's brackets."""
    begin = tokens.index("[") + 1 if "[" in tokens else 0
    return tokens[begin:-1]


def _is_text(token: str) -> bool:
    return isinstance(token, Quoted)


def _is_name(text: str) -> bool:
    return _plain(text).isidentifier()


def _plain(name: str) -> str:
    return name.removeprefix("r#")
