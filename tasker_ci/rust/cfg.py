"""What the compiler sets for `cfg`, read from its own answer and from flags."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.rust.conditions import Condition

Setting = tuple[str, str | None]
"""A name, with its value if it has one."""

_LINE = re.compile(r'(?P<name>[\w-]+)(?:="(?P<value>.*)")?')

_OF_THE_COMPILER = re.compile(r"target_\w+|unix|windows|panic|debug_assertions|miri")
"""Names that the compiler alone sets: one that it does not print is not set."""

_UNSTABLE = frozenset(
    {
        *("fmt_debug", "overflow_checks", "proc_macro", "relocation_model", "sanitize"),
        *("sanitizer_cfi_generalize_pointers", "target_has_atomic_equal_alignment"),
        *("target_has_atomic_load_store", "target_thread_local", "ub_checks", "contract_checks"),
    }
)
"""Names that a stable compiler does not print although they may be set.
https://doc.rust-lang.org/nightly/unstable-book/language-features.html
"""


@dataclass(frozen=True, kw_only=True)
class CompilerCfg:
    """What is set when the compiler works for one target."""

    target: str
    """The target's triple."""
    settings: frozenset[Setting]
    undecided: frozenset[str] = frozenset()
    """Names that may be set otherwise, by something that is not known."""

    def sets(self, name: str, value: str | None) -> bool | None:
        """Whether a name is set; None where the compiler's answer does not decide it."""
        if name in self.undecided:
            return None
        if (name, value) in self.settings:
            return True
        if name in _UNSTABLE:
            return None
        return False if _OF_THE_COMPILER.fullmatch(name) else None

    def with_more(self, settings: Iterable[Setting]) -> CompilerCfg:
        """The same with what flags set in addition."""
        return replace(self, settings=self.settings | frozenset(settings))

    def without(self, name: str) -> CompilerCfg:
        """The same with a name that is not set."""
        return replace(self, settings=self.settings - {(name, None)})


@dataclass(frozen=True, kw_only=True)
class Platforms:
    """What is set, once for each target that cargo builds for."""

    tests: tuple[CompilerCfg, ...]
    documentation: tuple[CompilerCfg, ...]
    """For rustdoc, which is given other flags."""


def read_cfg(text: str, target: str) -> CompilerCfg:
    """Read the answer of ``rustc --print cfg``."""
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return CompilerCfg(
        target=target,
        settings=frozenset((each["name"], each["value"]) for each in found if each),
    )


def settings_of_flags(flags: Sequence[str]) -> Iterator[Setting]:
    """What ``--cfg NAME`` and ``--cfg 'NAME="value"'`` among a compiler's flags set."""
    for place, flag in enumerate(flags):
        given = ""
        if flag == "--cfg" and place + 1 < len(flags):
            given = flags[place + 1]
        elif flag.startswith("--cfg="):
            given = flag.removeprefix("--cfg=")
        found = _LINE.fullmatch(given.strip())
        if found:
            yield found["name"], found["value"]


def is_custom(name: str) -> bool:
    """Whether flags or a build script have to set a name, because the compiler never does."""
    return name not in _UNSTABLE and not _OF_THE_COMPILER.fullmatch(name)


def read_predicate(text: str) -> Condition | None:
    """Read what stands between the parentheses of ``cfg(…)``; None if it is no predicate."""
    from tasker_ci.rust.attributes import read_attribute
    from tasker_ci.rust.tokens import leaves, parse

    attribute = parse(f"#[cfg({text})]\nfn f() {{}}\n".encode()).children[0]
    if attribute.type != "attribute_item":
        return None
    return next((each.condition for each in read_attribute(leaves(attribute)[2:-1])), None)
