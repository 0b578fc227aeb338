"""Take the events of JUnit documents, test by test; an element that has been read is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.reports.headers import Claim, Tally
from tasker_ci.reports.held_text import TextStore
from tasker_ci.reports.junit_case import USUAL, moment, number, own_place, plain_case, read_case
from tasker_ci.reports.markup import Markup, Pairs
from tasker_ci.reports.open_element import KeptText, OpenElement, cut
from tasker_ci.reports.run import SETUP_SCRIPT, Case, Suite, SuiteFacts
from tasker_ci.reports.suite_facts import VARIANT, FactsOf, facts_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

SUITE_ITSELF, HEADER_ALONE = "(suite)", "(header)"
"""The names of the cases that stand for an error of a suite, and for failures that only its header
claims."""

NO_TESTS = frozenset({SUITE_ITSELF, HEADER_ALONE})
"""Cases that nobody can run again."""

_DEPTH = 40
"""Deeper within a test nothing is kept."""

_SUITE_DEPTH = 50
"""Of suites within one another only so many tell tests apart."""

_ROOTS = {"testsuites", "testsuite"}


class OtherRoot(Exception):
    """The root is not JUnit's; the text is its tag."""


@dataclass(kw_only=True)
class _Times:
    intervals: list[tuple[float, float]] = field(default_factory=list)
    undated: list[float] = field(default_factory=list)

    def add(self, started: float | None, seconds: float | None) -> None:
        if started is not None and seconds is not None:
            self.intervals.append((started, started + seconds))
        elif seconds is not None:
            self.undated.append(seconds)


@dataclass(kw_only=True)
class _Level:
    """A suite that is open, or the root."""

    element: OpenElement
    path: tuple[Suite, ...]
    begun: float | None
    variant: str | None = None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.is_at(self.path, self.variant)

    def is_at(self, path: tuple[Suite, ...], variant: str | None) -> None:
        """Take another path; ``place`` is what its tests have of it."""
        self.path, self.variant = path, variant
        self.place = own_place(path)
        self.is_script = self.place[0].startswith(SETUP_SCRIPT)


class DocumentReading:
    """Takes the parser's events, and drops every element once it has been read."""

    def __init__(self, *, large: bool, texts: TextStore | None = None) -> None:
        self._kept = KeptText(large=large, texts=texts or TextStore())
        self._open: list[OpenElement] = []
        self._levels: list[_Level] = []
        self._documents = 0
        self.ended = 0
        self.root: dict[str, str] = {}
        self._suite_times = _Times()
        self._suite_begins: list[float] = []
        self.times = _Times()
        self.began: list[float] = []
        self.cases: list[Case] = []
        self.facts = FactsOf()
        self.claims: list[Claim] = []
        self._claimed: list[tuple[_Level, Claim]] = []
        self._names: dict[str, str] = {}
        """One text for each name that comes again and again."""
        self._paths: dict[tuple[Suite, ...], tuple[Suite, ...]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        if not self._open:
            if tag not in _ROOTS:
                raise OtherRoot(tag[:100])
            self._documents += 1
            self.root = self.root or dict(attributes)
        if self._kept.large:
            attributes = {name: cut(value) for name, value in attributes.items()}
        element = OpenElement(tag, attributes)
        self._open.append(element)
        if tag in _ROOTS:
            path = self._levels[-1].path if self._levels else ()
            if tag == "testsuite":
                path = (*path[:_SUITE_DEPTH], self._suite(attributes))
                path = self._paths.setdefault(path, path)
            begun = moment(attributes.get("timestamp"))
            outer = self._levels[-1] if self._levels else None
            if begun is None and outer is not None and outer.path:
                begun = outer.begun
            self._levels.append(_Level(element=element, path=path, begun=begun))

    def _suite(self, attributes: Mapping[str, str]) -> Suite:
        names = (attributes.get(each, "") for each in ("name", "file", "package", "hostname", "id"))
        return Suite(*(self._names.setdefault(name, name) for name in names))

    def data(self, text: str) -> None:
        """A piece of the text of the innermost element."""
        element = self._open[-1]
        if element.tag not in _ROOTS and element.tag != "testcase":
            element.add(text, self._kept)

    def end(self, _: str) -> None:
        """The innermost element ends."""
        element = self._open.pop()
        tag = element.tag
        if tag == "testcase":
            self._case(element)
        elif tag in _ROOTS and self._levels and self._levels[-1].element is element:
            self._level_ends(self._levels.pop())
        elif len(self._open) < len(self._levels) + _DEPTH:
            text = element.text(self._kept)
            self._child(Markup(tag, _pairs(element.attributes), text, tuple(element.children)))

    def _child(self, markup: Markup) -> None:
        """What is within an element that is open; what says nothing is no loss."""
        level = self._levels[-1]
        owner = self._open[-1]
        if owner is level.element and markup.tag == "properties":
            for each in markup.children:
                if each.get("name") == VARIANT and level.path:
                    self._rename(level, each.get("value"))
            markup = replace(
                markup, children=tuple(e for e in markup.children if e.get("name") != VARIANT)
            )
        if owner is not level.element:
            owner.children.append(markup)
        elif markup.tag in {"failure", "error"}:
            level.tally.element(markup.tag)
            owner.children.append(markup)
        elif markup.children or markup.text or markup.attributes:
            self.facts.more(level.path, level.variant, markup)

    def _rename(self, level: _Level, variant: str) -> None:
        """A merged report has the variant in the name of a suite as well."""
        own = level.path[-1]
        name = own.name.removesuffix(f" [{variant}]")
        level.is_at((*level.path[:-1], replace(own, name=name)), variant)

    def _case(self, element: OpenElement) -> None:
        level = self._levels[-1]
        tally = level.tally
        tally.tests += 1
        attributes = element.attributes
        if "classname" in attributes:
            name = attributes["classname"]
            attributes["classname"] = self._names.setdefault(name, name)
        apart = str(self._documents) if self._documents > 1 else None
        if not (element.children or level.is_script) and attributes.keys() <= USUAL:
            # Most tests pass, and have nothing to say.
            case = plain_case(level.place, attributes, level.variant, level.begun, apart)
            self.cases.append(case)
            return
        children = tuple(element.children)
        for each in children:
            tally.element(each.tag)
        case = read_case(
            level.path,
            _local(attributes),
            children,
            variant=level.variant,
            begun=level.begun,
            apart=apart,
        )
        tally.failed += case.status in {"failed", "quarantined"}
        if case.is_script and case.status == "passed":
            markup = Markup("testcase", _pairs(element.attributes), "", children)
            self.facts.more(level.path, level.variant, markup)
        else:
            self.cases.append(case)

    def _level_ends(self, level: _Level) -> None:
        attributes = level.element.attributes
        errors = tuple(level.element.children)
        name = level.path[-1].name if level.path else None
        if errors:
            level.tally.failed += 1
            self._own_case(level, SUITE_ITSELF, errors)
        claim = level.tally.claim(name, attributes)
        if claim is not None:
            self._claimed.append((level, claim))
        seconds, begun = number(attributes.get("time")), moment(attributes.get("timestamp"))
        if level.element.tag == "testsuite":
            self.facts.add(
                SuiteFacts(
                    path=level.path,
                    variant=level.variant,
                    started=begun,
                    seconds=seconds,
                    attributes=facts_attributes(_local(attributes)),
                )
            )
            if begun is not None:
                self._suite_begins.append(begun)
            if not any(each.path for each in self._levels):  # it holds those within
                self._suite_times.add(begun, seconds)
        if self._levels:
            self._levels[-1].tally.add(level.tally)
        else:
            self.ended += 1
            self._claims_end(level.tally)
            self._document_ends(attributes)

    def _claims_end(self, total: Tally) -> None:
        """Keep what headers claim; failures of which no test shows one are a failed case."""
        for level, claim in self._claimed:
            if not level.tally.tests and claim.is_of(total):
                continue  # a suite beside the others that sums them up (fpcunit)
            self.claims.append(claim)
            if claim.failures and not (level.tally.failed or level.tally.reruns):
                said = str(claim)
                told = Markup("failure", (("message", f"{said[0].upper()}{said[1:]}."),))
                self._own_case(level, HEADER_ALONE, (told,))
        self._claimed = []

    def _own_case(self, level: _Level, name: str, told: tuple[Markup, ...]) -> None:
        """A case that stands for the suite itself, or for the report."""
        path = level.path or (Suite(level.element.attributes.get("name", "")),)
        self.cases.append(
            read_case(path, {"name": name}, told, variant=level.variant, begun=level.begun)
        )

    def _document_ends(self, root: Mapping[str, str]) -> None:
        """Take the times of a document: the root's, as far as it has them, else the suites'."""
        seconds, begun = number(root.get("time")), moment(root.get("timestamp"))
        suites, begins = self._suite_times, self._suite_begins
        self._suite_times, self._suite_begins = _Times(), []
        if begun is None:
            begun = min(begins, default=None)
        if begun is not None:
            self.began.append(begun)
        if seconds or (seconds is not None and not (suites.intervals or any(suites.undated))):
            self.times.add(begun, seconds)
        else:
            self.times.intervals += suites.intervals
            self.times.undated += suites.undated


def _local(attributes: dict[str, str]) -> dict[str, str]:
    """Attributes without those of XML itself."""
    names = " ".join(attributes)
    if ":" not in names and "xmlns" not in names:  # as a rule
        return attributes
    return {
        name.rpartition(":")[2]: value
        for name, value in attributes.items()
        if not name.startswith(("xmlns", "xsi:"))
    }


def _pairs(attributes: dict[str, str]) -> Pairs:
    return tuple(_local(attributes).items())
