"""Paths of the repository that jobs name, and that are not there."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tasker_ci.foreign.command import TOP
from tasker_ci.sessions.review.references import line_with
from tasker_ci.sessions.review.workflow_jobs import jobs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tasker_ci.foreign.checkout import Checkout
    from tasker_ci.foreign.command import Command
    from tasker_ci.foreign.github.document import Job, Step, Workflow
    from tasker_ci.foreign.places import Place
    from tasker_ci.sessions.review.subject import Subject

_MADE = frozenset({
    "target", "node_modules", "dist", "build", "out", "output", "artifacts", "tmp", "temp", "pkg",
    "coverage", ".venv", "venv", "bin", "results", "release", "staging", ".git", "_build", "site",
})  # fmt: skip
"""Folders that builds make."""

_INPUTS = {
    "docker/build-push-action": {"file": "The Dockerfile"},
    "hoverkraft-tech/compose-action": {"compose-file": "The compose file"},
    "EmbarkStudios/cargo-deny-action": {"manifest-path": "The manifest"},
}
_SHELLS = frozenset({"bash", "sh", "zsh", "source", ".", "python", "python3", "node", "ruby"})
_HARMLESS = (
    "actions/cache", "actions/setup-", "actions/upload-artifact", "actions/github-script",
    "actions-rs/", "dtolnay/rust-toolchain", "actions-rust-lang/", "Swatinem/rust-cache",
    "taiki-e/install-action", "taiki-e/cache-cargo-install-action",
    "mozilla-actions/sccache-action",
    "rui314/setup-mold", "extractions/setup-just", "arduino/setup-protoc", "docker/",
    "cargo-bins/cargo-binstall", "ruby/setup-ruby", "oven-sh/setup-bun", "astral-sh/setup-uv",
    "baptiste0928/cargo-install", "ilammy/setup-nasm", "dorny/", "EmbarkStudios/cargo-deny-action",
    "codecov/", "hoverkraft-tech/compose-action", "step-security/harden-runner",
)  # fmt: skip
"""Actions that leave the repository's files alone."""

_MAKERS = frozenset({
    "git", "gh", "curl", "wget", "tar", "unzip", "7z", "make", "just", "npm", "npx", "yarn",
    "pnpm", "python", "python3", "cp", "mv", "ln", "rsync", "mkdir", "touch", "install",
    "cmake", "ninja", "node", "bun", "uv", "pip", "docker", "patch", "gradle", "dd", "sqlx",
    "protoc", "wasm-pack", "mdbook", "ruby", "bundle",
})  # fmt: skip
_CARGO_MAKES = {"generate", "new", "init", "xtask", "run", "make", "install", "vendor", "package"}
_PLAIN = re.compile(r"[\w./@+-]+")
_NO_FILE = re.compile(r"^(?:/|~|\.\.|[A-Za-z]:|https?:)|[*?$`{}<>()\[\]\\]")


@dataclass(frozen=True, kw_only=True)
class NamedPath:
    """A path that is not there."""

    path: str
    what: str
    """``The script``."""
    place: Place
    job: str
    made_by: str | None
    """What may have made it before; None where nothing could."""


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    path: str
    what: str
    near: Place
    step: Step | None
    command: Command | None = None
    folder: bool = False


def named_paths(subject: Subject) -> Iterator[NamedPath]:
    """Every path of every job that is missing."""
    links = _submodules(subject.checkout)
    for workflow, job in jobs_of(subject.reading):
        commands = subject.scripts.of(workflow, job)
        for candidate in _candidates(workflow, job, commands):
            path = posixpath.normpath(candidate.path)
            if _is_there(subject.checkout, path, folder=candidate.folder):
                continue
            if PurePosixPath(path).parts[:1] and PurePosixPath(path).parts[0] in _MADE | links:
                continue
            made_by = _made_by(job, commands, candidate, path)
            if made_by == "":
                continue
            place = line_with(subject.checkout, candidate.near, candidate.path, path)
            yield NamedPath(
                path=path, what=candidate.what, place=place, job=job.name, made_by=made_by
            )


def _is_there(checkout: Checkout, path: str, *, folder: bool) -> bool:
    here = PurePosixPath(path)
    if here == TOP or checkout.has_folder(here):
        return True
    return not folder and checkout.has(here)


def _submodules(checkout: Checkout) -> set[str]:
    """The first parts of the paths of submodules."""
    text = checkout.text(PurePosixPath(".gitmodules")) or ""
    return {
        PurePosixPath(found).parts[0]
        for found in re.findall(r"^\s*path\s*=\s*(\S+)", text, re.MULTILINE)
    }


def _candidates(workflow: Workflow, job: Job, commands: Sequence[Command]) -> Iterator[_Candidate]:
    if job.uses and job.uses.startswith("./"):
        yield _Candidate(path=job.uses[2:], what="The workflow", near=job.place, step=None)
    for folder in (workflow.folder, job.folder):
        if folder and may_be_file(folder) and job.steps:
            first = next((step for step in job.steps if step.run and not step.folder), None)
            if first is not None:
                yield _Candidate(
                    path=folder, what="The folder", near=job.place, step=first, folder=True
                )
    for step in job.steps:
        yield from _of_step(step)
    for command in commands:
        yield from _of_command(command)


def _of_step(step: Step) -> Iterator[_Candidate]:
    uses = (step.uses or "").partition("@")[0]
    if uses.startswith("./") and uses != "./":
        yield _Candidate(path=uses[2:], what="The action", near=step.place, step=step, folder=True)
    if step.folder and step.run and may_be_file(step.folder):
        yield _Candidate(
            path=step.folder, what="The folder", near=step.place, step=step, folder=True
        )
    for name, what in _INPUTS.get(uses, {}).items():
        value = step.inputs.get(name, "").strip()
        context = step.inputs.get("context", ".")
        if value and "\n" not in value and may_be_file(value) and "://" not in context:
            near = step.input_places.get(name, step.place)
            yield _Candidate(path=value, what=what, near=near, step=step)


def _of_command(command: Command) -> Iterator[_Candidate]:
    folder = command.around.folder
    words = command.words
    if folder is None or not words or words[0] is None:
        return
    known = [word or "" for word in words]
    for what, path in files_of(known):
        if may_be_file(path) and not path.startswith("-"):
            whole = str(folder / path)
            if not posixpath.normpath(whole).startswith(".."):
                yield _Candidate(
                    path=whole,
                    what=what,
                    near=command.place,
                    step=command.around.step,
                    command=command,
                )


def files_of(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The files that a command names: what each is, and its path as written."""
    program, rest = words[0], words[1:]
    if program in _SHELLS:
        if rest and not rest[0].startswith("-") and rest[0].endswith((".sh", ".bash", ".py")):
            yield "The script", rest[0]
    elif "/" in program and program.startswith("./"):
        yield "The script", program
    elif program == "chmod" and len(rest) == 2 and rest[1].endswith(".sh"):  # noqa: PLR2004
        yield "The script", rest[1]
    elif program in {"docker", "docker-compose"}:
        yield from _of_docker([*words])
    elif program in {"cargo", "cross"}:
        for flag, value in zip(rest, [*rest[1:], ""], strict=False):
            if flag == "--manifest-path" and value:
                yield "The manifest", value
            elif flag.startswith("--manifest-path="):
                yield "The manifest", flag.partition("=")[2]


def _of_docker(words: list[str]) -> Iterator[tuple[str, str]]:
    """The files of `docker compose -f` and `docker build -f`: of others `-f` is no file."""
    rest = words[1:] if words[0] == "docker" else ["compose", *words[1:]]
    what = {"compose": "The compose file", "build": "The Dockerfile", "buildx": "The Dockerfile"}
    if not rest or rest[0] not in what:
        return
    before = rest[0]
    for word in rest[1:]:
        if before in {"-f", "--file"}:
            yield what[rest[0]], word
        elif rest[0] == "compose" and not word.startswith("-") and not before.startswith("-"):
            return
        before = word


def may_be_file(path: str) -> bool:
    """Whether a word is a plain path within the repository."""
    return bool(_PLAIN.fullmatch(path)) and not _NO_FILE.search(path)


def _made_by(job: Job, commands: Sequence[Command], candidate: _Candidate, path: str) -> str | None:
    """What may have made a path before: "" where something names it, None where nothing could."""
    names = {PurePosixPath(path).name, *PurePosixPath(path).parts[:1]} - {".github", ".", ""}
    suspect: str | None = None
    for step in job.steps:
        if step is candidate.step or step == candidate.step:
            break
        texts: Iterable[str] = (step.run or "", *step.inputs.values())
        if any(_names(text, names) for text in texts):
            return ""
        uses = (step.uses or "").partition("@")[0]
        if uses == "actions/checkout":
            if step.inputs.get("repository") or step.inputs.get("ref"):
                suspect = "a checkout of another repository or commit"
        elif uses and not uses.startswith(_HARMLESS):
            suspect = suspect or f"`{step.uses}`"
    before = candidate.command
    for command in commands:
        if command is before or (before is None and command.around.step == candidate.step):
            break
        if before is not None and command.place == before.place and command.text == before.text:
            break
        if command.around.step == candidate.step and _names(command.text, names):
            return ""
        if _makes(command):
            suspect = suspect or f"{command.place} `{' '.join(command.text.split())[:60]}`"
    return suspect


def _names(text: str, names: set[str]) -> bool:
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in names)


def _makes(command: Command) -> bool:
    words = [word for word in command.words if word not in {"sudo", "env"}]
    if not words or words[0] is None:
        return True
    program = words[0].rsplit("/", 1)[-1]
    if program == "cargo":
        return len(words) > 1 and (words[1] is None or words[1] in _CARGO_MAKES)
    return program in _MAKERS | _SHELLS or words[0].startswith(("./", "/"))
