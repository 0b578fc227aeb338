"""What the toolchain of a job's machine builds for without further flags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasker_ci.foreign.github.job_run import Machine

_HOSTS = {
    ("Linux", "X64"): "x86_64-unknown-linux-gnu",
    ("Linux", "ARM64"): "aarch64-unknown-linux-gnu",
    ("Linux", "ARM"): "armv7-unknown-linux-gnueabihf",
    ("Windows", "X64"): "x86_64-pc-windows-msvc",
    ("Windows", "X86"): "i686-pc-windows-msvc",
    ("Windows", "ARM64"): "aarch64-pc-windows-msvc",
    ("macOS", "X64"): "x86_64-apple-darwin",
    ("macOS", "ARM64"): "aarch64-apple-darwin",
}
_TOOLCHAIN = re.compile(
    r"(?P<channel>stable|beta|nightly|\d+(\.\d+){0,2}(-beta(\.\d+)?)?)(-\d{4}-\d\d-\d\d)?"
    r"(-(?P<host>[a-z0-9_]+(-[a-z0-9_.]+){2,3}))?"
)
_PARTIAL = re.compile(
    r"(?:stable|beta|nightly|\d+(?:\.\d+){0,2})(?:-\d{4}-\d\d-\d\d)?"
    r"(?:-(?P<architecture>x86_64|i[3-6]86|aarch64|armv7))?"
    r"(?:-(?P<environment>gnu|msvc|musl|gnullvm))?"
)
"""Rustup fills in what such a name leaves out: ``nightly-gnu``, ``stable-i686-msvc``."""

_PARTS = 4
"""Of a triple with an environment."""


def host_triple(machine: Machine, toolchain: str | None) -> str | None:
    """The triple; None where it is not known."""
    named = _TOOLCHAIN.fullmatch(toolchain or "")
    if named and named["host"]:
        return named["host"]
    if machine.system is None or machine.architecture is None:
        return None
    triple = _HOSTS.get((machine.system, machine.architecture))
    image = machine.container or ""
    if triple and image and "alpine" in image:
        triple = triple.replace("-gnu", "-musl")
    partial = _PARTIAL.fullmatch(toolchain or "")
    return _filled_in(triple, partial) if triple and partial else triple


def _filled_in(triple: str, partial: re.Match[str]) -> str:
    parts = triple.split("-")
    parts[0] = partial["architecture"] or parts[0]
    if partial["environment"] and len(parts) == _PARTS:
        parts[-1] = partial["environment"]
    return "-".join(parts)
