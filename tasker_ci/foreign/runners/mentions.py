"""What a program of the repository that is no shell script says of cargo."""

from __future__ import annotations

import re

COMPILING = frozenset({
    "build", "b", "check", "c", "clippy", "doc", "run", "r", "rustc", "test", "t", "nextest",
    "bench", "miri", "llvm-cov", "hack", "tarpaulin", "careful", "mutants", "install", "publish",
})  # fmt: skip
"""Subcommands that compile or test something; others are not worth a word."""
_RUNS_TESTS = re.compile(
    r"\b(?:test|tests|nextest|llvm-cov|tarpaulin|bench|miri|careful|hack|t|make|just|xtask|mutants)\b"
)
_CARGO = re.compile(r"(?<![\w./-])cargo(?![\w:./-])|\bCARGO\b(?!_)|(?<![\w-])nextest\b")
_CALL = re.compile(
    r"""(?<![\w./-])cargo(?:\.exe)?"""
    r"""(?:["'`]\s*,\s*(?:["']\+[\w.-]+["'],\s*)?["'`]|\s+(?:\+\S+\s+)?)(?P<sub>[a-z][a-z-]*)"""
)


_SPEAKS = re.compile(
    r"(?m)^.*\b(?:Write-(?:Host|Output|Error|Warning|Verbose)|throw|echo|print(?:f|ln)?|eprintln"
    r"|console\.\w+|raise)\b(?!.*(?:\brun\b|exec|spawn|system|popen|\$\(|`|&\s)).*$"
)
"""A line that prints, or gives up, and starts nothing."""
_COMMENT = re.compile(r"(?m)^\s*(?:#(?!!)|//|--\s).*$")


def without_speech(text: str) -> str:
    """A program without its comments and the lines that only print."""
    return _SPEAKS.sub("", _COMMENT.sub("", text))


def names_cargo(text: str) -> bool:
    """Whether a text may start cargo."""
    return _CARGO.search(text) is not None


def cargo_subcommands(text: str) -> frozenset[str] | None:
    """The subcommands of cargo that a text names with it; None where one is not known."""
    calls = {found.start(): found["sub"] for found in _CALL.finditer(text)}
    places = {found.start() for found in _CARGO.finditer(text)}
    if places - calls.keys():
        return None
    return frozenset(calls.values())


def may_run_tests(text: str) -> bool:
    """Whether a text that starts cargo names a subcommand that runs tests."""
    return _RUNS_TESTS.search(text) is not None
