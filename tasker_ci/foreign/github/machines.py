"""The machine that a job's labels ask for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasker_ci.foreign.github.job_run import Machine
from tasker_ci.foreign.github.values import Unknown, as_text

if TYPE_CHECKING:
    from tasker_ci.foreign.github.contexts import Contexts
    from tasker_ci.foreign.github.document import Job

_SYSTEMS = {
    "Linux": re.compile(r"linux|ubuntu|debian|fedora|alpine"),
    "Windows": re.compile(r"windows|\bwin"),
    "macOS": re.compile(r"mac-?os|\bmac\b|darwin|osx"),
}
_ARM = re.compile(r"\barm|aarch64|\bm[1-9]\b|-arm")
_INTEL = re.compile(r"x64|x86|amd64|intel|macos-1[0-3]|macos-.*-large")
_OF_GITHUB = re.compile(r"(ubuntu|windows)-(latest|slim|\d[\d.]*)(-vs\d+)?")
_APPLE = re.compile(r"macos-(latest|1[4-9]|2\d)(-xlarge)?")
_RUST_IMAGE = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:rust|rustlang/rust)(?::(?P<tag>[\w.-]+))?(?:@sha256:\w+)?"
)


def machine_of(job: Job, contexts: Contexts) -> Machine:
    """The machine of one leg; a label that only a run knows is left out."""
    labels: list[str] = []
    for written in job.runs_on:
        value = contexts.value(written)
        if isinstance(value, dict):
            value = value.get("labels", "")
        values = value if isinstance(value, list) else [value]
        labels += [as_text(each) for each in values if not isinstance(each, Unknown)]
    known = contexts.text(job.container) if job.container else None
    # where only a run knows the image there may be none
    container = job.container if known is None else known.removeprefix("docker://")
    said = " ".join(labels).lower()
    systems = [name for name, pattern in _SYSTEMS.items() if pattern.search(said)]
    return Machine(
        labels=tuple(labels),
        system="Linux" if known else systems[0] if len(systems) == 1 else None,
        architecture=_architecture(labels, said),
        container=container or None,
    )


def _architecture(labels: list[str], said: str) -> str | None:
    if _INTEL.search(said):
        return "X64"
    if _ARM.search(said) or any(_APPLE.fullmatch(label.lower()) for label in labels):
        return "ARM64"
    return "X64" if any(_OF_GITHUB.fullmatch(label.lower()) for label in labels) else None


def toolchain_of_image(image: str) -> str | None:
    """The toolchain of an official image of Rust; None for any other image."""
    found = _RUST_IMAGE.fullmatch(image)
    if not found:
        return None
    tag = found["tag"] or "latest"
    version = re.match(r"\d+\.\d+(\.\d+)?", tag)
    if version:
        return version[0]
    return "nightly" if "nightly" in image else "stable"
