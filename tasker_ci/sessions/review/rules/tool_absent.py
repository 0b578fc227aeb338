"""A tool that nothing has installed.

```yaml
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: cargo nextest run
```

GitHub's images have cargo, rustup, rustfmt and clippy, and no other tool of cargo. The step fails
with "no such command". It stays unnoticed in workflows that rarely run. With
`RUSTC_WRAPPER: sccache` in the environment each call of rustc needs sccache; where a job sets it
and compiles nothing, this is a note.

**Certain** where the job runs on one of GitHub's images and every step before it was read: no
action, script or command installs the tool or names it.

**Fix**: install it before, for example with taiki-e/install-action.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.command import ExitCode
from tasker_ci.foreign.invocations.invocation import Action
from tasker_ci.foreign.invocations.wrappers import program_name
from tasker_ci.sessions.review.finding import Grade, ReviewFinding, Severity
from tasker_ci.sessions.review.idle_wrappers import SETS_WRAPPER, idle_wrappers, wrapper_of
from tasker_ci.sessions.review.rule import ReviewRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_SUBCOMMANDS = frozenset({
    "nextest", "deny", "hack", "llvm-cov", "tarpaulin", "binstall", "make", "udeps", "machete",
    "insta", "semver-checks", "expand", "geiger", "vet", "msrv", "release", "dist", "zigbuild",
    "xwin", "ndk", "component", "leptos", "shear", "public-api", "minimal-versions",
    "auditable", "cyclonedx", "about", "workspaces", "sort", "spellcheck", "readme", "rdme",
    "careful", "mutants", "fuzz", "sqlx", "edit", "set-version", "upgrade", "llvm-lines",
    "bloat", "generate-rpm", "deb", "wix", "criterion", "codspeed",
})  # fmt: skip
"""Subcommands of cargo that no image of GitHub's has."""

_PROGRAMS = frozenset({
    "just", "sqlx", "cross", "wasm-pack", "trunk", "mdbook", "typos", "taplo", "sccache",
    "diesel", "maturin", "dprint", "grcov", "wasm-bindgen", "tarpaulin", "cargo-make", "makers",
    "bacon", "lychee", "zola", "mold", "hyperfine", "dist", "cocogitto", "git-cliff",
})  # fmt: skip
_PACKAGES = {
    "sqlx": ("sqlx-cli", "cargo-sqlx"),
    "cargo-sqlx": ("sqlx-cli",),
    "diesel": ("diesel_cli", "diesel-cli"),
    "typos": ("typos-cli",),
    "taplo": ("taplo-cli",),
    "wasm-bindgen": ("wasm-bindgen-cli",),
    "cargo-set-version": ("cargo-edit",),
    "cargo-upgrade": ("cargo-edit",),
    "cargo-nextest": ("nextest",),
    "makers": ("cargo-make",),
    "dist": ("cargo-dist",),
}
"""Packages that bring a program and have another name."""

_IMAGE = re.compile(
    r"(?:ubuntu|windows|macos)-(?:latest|\d[\d.]*)(?:-(?:large|xlarge|arm|arm64|intel))?"
)
_ELSEWHERE = re.compile(
    r"\b(?:uvx?|npx|bunx|pipx|poetry|nix|nix-shell|docker|podman|mise|devbox)\b"
)
"""Programs that bring others, or start them in another place."""

_COMPILES = frozenset({
    Action.TEST, Action.COMPILE_TESTS, Action.BENCH, Action.BUILD, Action.CHECK, Action.LINT,
    Action.DOC, Action.RUN,
})  # fmt: skip
_ENDS = ("yml", "yaml")
_MOST_PLACES = 6
_PACKAGE_NAME = re.compile(r"^name\s*=\s*\"([\w-]+)\"", re.MULTILINE)
_COUNTING = {ExitCode.COUNTS, ExitCode.LOST_IN_PIPE}
_LONGEST = 60


def find(subject: Subject) -> Iterator[ReviewFinding]:
    """One finding for each tool, with its places; certain ones apart."""
    absent: dict[tuple[str, bool], dict[Place, Command]] = defaultdict(dict)
    known: set[tuple[Place, str]] = set()
    unread = {each.place.file for each in subject.opaque}
    for command, tool in _needs(subject):
        if (command.place, tool) in known or not _is_hosted(command):
            continue
        known.add((command.place, tool))
        if (
            command.exit_code not in _COUNTING
            or not command.certain
            or _is_there(subject, command, tool)
        ):
            continue
        files = {command.place.file, *(each.file for each in command.trail)}
        certain = command.around.installed_all_known and not files & unread
        absent[tool, certain].setdefault(command.place, command)
    own = _own_tools(subject) if absent else frozenset()
    for (tool, certain), places in absent.items():
        if tool in own:
            continue
        yield _finding(tool, places, certain=certain)
    for place, wrapper, job in idle_wrappers(subject.reading):
        yield RULE.finding(
            severity=Severity.NOTE,
            place=place,
            message=f"The job `{job}` sets RUSTC_WRAPPER to {wrapper}, and installs no {wrapper}.",
            evidence=("it compiles nothing today; the first call of cargo fails",),
            fix=f"Set it where {wrapper} is installed.",
        )


def _needs(subject: Subject) -> Iterator[tuple[Command, str]]:
    """Commands with a tool that each needs and no image has."""
    for command in subject.reading.commands:
        tool = _tool(command)
        if tool is not None:
            yield command, tool
    for invocation in subject.reading.invocations:
        wrapper = wrapper_of(invocation.environment)
        if wrapper and invocation.action in _COMPILES and invocation.program == "cargo":
            yield invocation.command, wrapper


def _own_tools(subject: Subject) -> frozenset[str]:
    """The packages of the repository: a job may build and install one."""
    return frozenset(
        name
        for file in subject.checkout.files
        if file.name == "Cargo.toml"
        for name in _PACKAGE_NAME.findall(subject.checkout.text(file) or "")
    )


def _finding(tool: str, places: Mapping[Place, Command], *, certain: bool) -> ReviewFinding:
    first, *others = sorted(places)
    command = places[first]
    run = command.around.run
    return RULE.finding(
        grade=Grade.CERTAIN if certain else Grade.SUSPICION,
        place=first,
        message=f"Nothing installs {tool}, which `{one_line(command.text, _LONGEST)}` needs.",
        evidence=(
            f"{run.label} runs on {', '.join(run.machine.labels)}, which has no such program",
            *((f"also {', '.join(map(str, others[:_MOST_PLACES]))}",) if others else ()),
        ),
        fix=f"Install {tool} in a step before.",
    )


def _tool(command: Command) -> str | None:
    """The tool that a command needs and no image has."""
    words = [word for word in command.words if word is not None]
    if not words or command.words[0] is None:
        return None
    program = program_name(words[0])
    if "/" in words[0] or _ELSEWHERE.search(command.text):
        return None
    if program == "cargo":
        rest = words[1:]
        if rest and rest[0].startswith("+"):
            rest = rest[1:]
        return f"cargo-{rest[0]}" if rest and rest[0] in _SUBCOMMANDS else None
    if program.removeprefix("cargo-") != program and program.removeprefix("cargo-") in _SUBCOMMANDS:
        return program
    return program if program in _PROGRAMS else None


def _is_hosted(command: Command) -> bool:
    machine = command.around.run.machine
    return (
        machine.container is None
        and bool(machine.labels)
        and all(_IMAGE.fullmatch(label) for label in machine.labels)
    )


def _is_there(subject: Subject, command: Command, tool: str) -> bool:
    """Whether something before installs it, or names it in any way, comments too."""
    names = {tool, tool.removeprefix("cargo-"), *_PACKAGES.get(tool, ())}
    around = command.around
    if names & around.installed:
        return True
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)))
    return any(
        pattern.search(line)
        for text in _before(subject, command)
        for line in text.split("\n")
        if not SETS_WRAPPER.search(line)
    )


def _before(subject: Subject, command: Command) -> Iterator[str]:
    """The lines of the job above a command, and the actions of the repository that it uses."""
    run = command.around.run
    path = run.workflow.path
    outermost = command.trail[0] if command.trail else command.place
    last = outermost.line if outermost.file == path else 0
    if not last and command.around.step is not None:
        last = command.around.step.place.line
    lines = subject.checkout.lines(path)
    first = run.job.place.line
    if first < last <= len(lines):
        yield "\n".join(lines[first - 1 : last - 1])
    if command.place.file != path:
        own = subject.checkout.lines(command.place.file)
        yield "\n".join(own[: command.place.line - 1])
    for step in run.job.steps:
        if step.place.line < last and step.uses and step.uses.startswith("./"):
            folder = PurePosixPath(step.uses[2:])
            for end in _ENDS:
                yield subject.checkout.text(folder / f"action.{end}") or ""


RULE = ReviewRule(
    id="F3",
    name="tool-absent",
    severity=Severity.ERROR,
    reads="commands, what steps before install, runner images",
    certain="where every step before was read, and none installs or names it",
    find=find,
)
