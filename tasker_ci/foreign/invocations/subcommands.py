"""What stands behind `cargo` on a command line, told apart by subcommands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.invocations.aliases import OWN_ALIASES
from tasker_ci.foreign.invocations.flags import Arguments, flag_table, has_table, take_apart
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.invocations.plugins import (
    BEFORE,
    CHOOSES_ITSELF,
    FORMATS,
    LIKE,
    REFUSES,
    WITH_FLAGS,
    WITHOUT_TESTS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Words = tuple[str | None, ...]

_LISTS = {"--list", "--help", "-h", "--version"}
_NEXTEST = {"r": "run", "b": "bench"}
_NEXTEST_ACTIONS = {
    "run": Action.TEST,
    "bench": Action.BENCH,
    "list": Action.COMPILE_TESTS,
    "archive": Action.COMPILE_TESTS,
}
_COVERAGE = {
    "t": "test",
    "test": "test",
    "r": "run",
    "run": "run",
    "nextest": "nextest",
    "nextest-archive": "nextest-archive",
    "report": "report",
    "clean": "clean",
    "show-env": "show-env",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call, without what is around it."""

    subcommand: tuple[str, ...]
    action: Action
    arguments: Arguments = field(default_factory=Arguments)
    checked: bool = False
    """Whether the table of flags is whole, so that an unknown flag is one that cargo refuses."""


def call_of(name: str, rest: Words) -> Call | str:  # noqa: PLR0911 - a table of subcommands
    """What a subcommand with its words means; or why that cannot be said."""
    name = OWN_ALIASES.get(name, name)
    if name == "nextest":
        return _nextest(rest)
    if name == "ntr":
        return _nextest(("run", *rest))
    if name == "llvm-cov":
        return _coverage(rest)
    if name == "hack":
        return _hack(rest)
    if name in WITH_FLAGS:
        return _own(name, rest)
    if name in LIKE:
        like, action = LIKE[name]
        arguments, _ = take_apart(rest, flag_table(like))
        return _acting(Call(subcommand=(name,), action=action, arguments=arguments))
    if name in BEFORE:
        return _before(name, rest)
    asks = {"--version", "-V", "--help", "-h"} >= {*rest} != set()
    if name in CHOOSES_ITSELF and not asks:
        return CHOOSES_ITSELF[name]
    if name in WITHOUT_TESTS or asks:
        arguments = _loosely(rest, name)
        refused = [flag for flag in arguments.flags if flag in REFUSES.get(name, ())]
        return Call(
            subcommand=(name,),
            action=Action.FORMAT if name in FORMATS else Action.OTHER,
            arguments=replace(arguments, unknown_flags=tuple(refused)),
            checked=bool(refused),
        )
    return f"`cargo {name}` is a program that is not known here"


def _own(name: str, rest: Words, *, tables: tuple[str, ...] = ()) -> Call:
    table = flag_table(name, *tables)
    if name == "run":
        arguments, given = take_apart(rest, table, until_word=True)
        if given:
            arguments = replace(arguments, after_dashes=(*given, *(arguments.after_dashes or ())))
    else:
        arguments, _ = take_apart(rest, table)
    return _acting(
        Call(subcommand=(name,), action=WITH_FLAGS[name], arguments=arguments, checked=True)
    )


def _acting(call: Call) -> Call:
    """The same, with what its flags make of the action."""
    flags, action = call.arguments.flags, call.action
    after = {*(call.arguments.after_dashes or ())}
    if "--help" in flags or flags.get("--version") == ():
        action = Action.OTHER
    elif action is Action.LINT and after & {"--version", "-V", "--help"}:
        action = Action.OTHER  # clippy's own, behind `--`
    elif action is Action.TEST and ("--no-run" in flags or _LISTS & after):
        action = Action.COMPILE_TESTS
    elif action is Action.BENCH and "--no-run" in flags:
        action = Action.BUILD
    elif action in {Action.CHECK, Action.BUILD} and (
        {"--tests", "--test", "--all-targets"} & flags.keys()
        or (action is Action.CHECK and "test" in flags.get("--profile", ()))
    ):
        action = Action.COMPILE_TESTS
    return replace(call, action=action)


def _nextest(rest: Words, *, tables: tuple[str, ...] = ()) -> Call | str:
    common, rest = take_apart(rest, flag_table("nextest common", *tables), until_word=True)
    if not rest:
        return Call(subcommand=("nextest",), action=Action.OTHER, arguments=common)
    if rest[0] is None:
        return "the subcommand of nextest is not known"
    name = _NEXTEST.get(rest[0], rest[0])
    table = f"nextest {name}"
    if not has_table(table):
        found = _loosely(rest[1:])
        return Call(subcommand=("nextest", name), action=Action.OTHER, arguments=found)
    own, _ = take_apart(rest[1:], flag_table(table, *tables))
    return _acting(
        Call(
            subcommand=("nextest", name),
            action=_NEXTEST_ACTIONS[name],
            arguments=joined(common, own),
            checked=not tables,
        )
    )


def _coverage(rest: Words) -> Call | str:
    common, rest = take_apart(rest, flag_table("llvm-cov"), until_word=True)
    word = rest[0] if rest else ""
    if word is None:
        return "the subcommand of llvm-cov is not known"
    name = _COVERAGE.get(word, "")
    if name == "nextest":
        own, _ = take_apart(rest[1:], flag_table("llvm-cov nextest"))
    elif name == "run":
        own, _ = take_apart(rest[1:], flag_table("llvm-cov run"))
    else:
        own, _ = take_apart(rest[1:] if name else rest, flag_table("llvm-cov"))
    actions = {
        "": Action.TEST,
        "test": Action.TEST,
        "nextest": Action.TEST,
        "nextest-archive": Action.COMPILE_TESTS,
        "run": Action.RUN,
    }
    call = Call(
        subcommand=("llvm-cov", name) if name else ("llvm-cov",),
        action=actions.get(name, Action.OTHER),
        arguments=joined(common, own),
    )
    without = call.action is Action.TEST and "--no-run" in call.arguments.flags
    return replace(call, action=Action.OTHER) if without else _acting(call)


def _hack(rest: Words) -> Call | str:
    """`cargo hack` finds its own flags everywhere and gives the others to the subcommand."""
    place, name = _first_word(rest, flag_table("test", "hack"))
    if name is None:
        return "the subcommand of `cargo hack` is not known"
    if not name:
        return Call(subcommand=("hack",), action=Action.OTHER, arguments=_loosely(rest))
    name = OWN_ALIASES.get(name, name)
    before, after = rest[:place], rest[place + 1 :]
    if name == "nextest":
        inner: Call | str = _nextest(after, tables=("hack",))
    elif name in WITH_FLAGS:
        inner = _own(name, after, tables=("hack",))
    else:
        inner = call_of(name, after)
    if isinstance(inner, str):
        return inner
    own, _ = take_apart(before, flag_table("test", "hack"))
    return replace(
        inner,
        subcommand=("hack", *inner.subcommand),
        arguments=joined(own, inner.arguments),
        checked=False,
    )


def _before(name: str, rest: Words) -> Call | str:
    """Another program's own words, then one of cargo's subcommands."""
    for place, word in enumerate(rest):
        if word is None:
            return f"the subcommand of `cargo {name}` is not known"
        known = OWN_ALIASES.get(word, word)
        if known in WITH_FLAGS or known == "nextest":
            more = (name,) if has_table(name) else ()
            inner = (
                _nextest(rest[place + 1 :], tables=more)
                if known == "nextest"
                else _own(known, rest[place + 1 :], tables=more)
            )
            if isinstance(inner, str):
                return inner
            own = _loosely(rest[:place])
            return replace(
                inner,
                subcommand=(name, *inner.subcommand),
                arguments=joined(own, inner.arguments),
                checked=False,
            )
        if word == "--":
            break
    return Call(subcommand=(name,), action=Action.OTHER, arguments=_loosely(rest))


def _first_word(words: Words, table: object) -> tuple[int, str | None]:
    """Where the first word that is neither flag nor value stands, and the word; "" for none."""
    _, rest = take_apart(words, table, until_word=True)  # type: ignore[arg-type]
    return (len(words) - len(rest), rest[0]) if rest else (len(words), "")


def _loosely(words: Words, name: str = "common") -> Arguments:
    """Flags of a program whose table of them, if there is one, is not whole."""
    arguments, _ = take_apart(words, flag_table(name if has_table(name) else "common"))
    return replace(arguments, unknown_flags=())


def joined(first: Arguments, second: Arguments) -> Arguments:
    """Two parts of one command line."""
    flags = dict(first.flags)
    for name, values in second.flags.items():
        flags[name] = (*flags.get(name, ()), *values)
    return Arguments(
        flags=flags,
        unknown_values=first.unknown_values | second.unknown_values,
        unknown_flags=(*first.unknown_flags, *second.unknown_flags),
        words=(*first.words, *second.words),
        after_dashes=_either(first.after_dashes, second.after_dashes),
    )


def _either(
    first: Sequence[str | None] | None, second: Sequence[str | None] | None
) -> tuple[str | None, ...] | None:
    if first is None and second is None:
        return None
    return (*(first or ()), *(second or ()))
