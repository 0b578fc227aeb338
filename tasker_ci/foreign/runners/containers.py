"""`docker build`, `docker run` and their kin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tasker_ci.foreign.bash.script import Script
from tasker_ci.foreign.bash.syntax import one_line
from tasker_ci.foreign.bash.unknown import is_known, known
from tasker_ci.foreign.command import Commands
from tasker_ci.foreign.places import Place
from tasker_ci.foreign.runners.dockerfiles import runs_of
from tasker_ci.foreign.runners.follower import files_named, joined
from tasker_ci.foreign.runners.paths import inside

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from tasker_ci.foreign.runners.follower import Call, Follower

_TESTS = re.compile(r"cargo\s+(?:\S+\s+)*(?:test|nextest|t)\b|\bmake\b|\bjust\b")
_COMPOSE_VALUES = {"-f", "--file", "-p", "--profile", "--env-file"}
_BUILD_VALUES = frozenset({
    "-f", "--file", "-t", "--tag", "--build-arg", "--target", "--platform", "--cache-from",
    "--cache-to", "--label", "--network", "--secret", "--ssh", "--progress", "-o", "--output",
    "--build-context", "--iidfile", "--metadata-file", "--builder", "--shm-size",
    "--add-host", "--allow", "--attest", "--sbom", "--provenance",
})  # fmt: skip
_RUN_SWITCHES = frozenset({
    "--rm", "-i", "-t", "-it", "-ti", "-d", "--detach", "--interactive", "--tty", "--init",
    "--privileged", "-P", "--publish-all", "--read-only", "--no-healthcheck", "-q", "--quiet",
    "--sig-proxy", "-T", "--no-deps", "--build", "--remove-orphans", "--use-aliases",
    "--service-ports", "--no-TTY", "-dit", "-itd", "-td",
})  # fmt: skip


@dataclass(kw_only=True)
class _Run:
    mounts: dict[str, str] = field(default_factory=dict)
    """Folders of the container, each with what it is outside."""
    folder: str | None = None
    variables: dict[str, str | None] = field(default_factory=dict)
    entry: str | None = None


def container_called(call: Call, follower: Follower) -> Commands | None:
    """What a build or a container runs; None where that is nothing of the repository."""
    words = [call.command.part(index) for index in range(1, len(call.command.words))]
    compose = call.name in {"docker-compose", "podman-compose"}
    if words[:1] == ["compose"]:
        compose, words = True, words[1:]
    if words[:1] in (["buildx"], ["image"], ["builder"], ["container"]):
        words = words[1:]
    while compose and words and words[0].startswith("-"):
        takes = "=" not in words[0] and words[0] in {
            "-f",
            "--file",
            "-p",
            "--profile",
            "--env-file",
        }
        words = words[2:] if takes else words[1:]
    match words:
        case ["build", *rest] if not compose:
            return _build(call, follower, rest)
        case ["build" | "up" | "bake", *rest]:
            builds = words[0] != "up" or "--build" in rest
            return _all_files(call, follower) if builds else Commands()
        case ["run" | "exec", *rest]:
            return _run(call, follower, rest, plain=not compose)
    return None


def _build(call: Call, follower: Follower, words: list[str]) -> Commands:
    file: str | None = None
    context = "."
    index = 0
    while index < len(words):
        flag, equals, value = words[index].partition("=")
        index += 1
        if flag.startswith("-"):
            if flag in _BUILD_VALUES and not equals:
                value = words[index] if index < len(words) else ""
                index += 1
            if flag in {"-f", "--file"}:
                file = value
        else:
            context = flag + equals + value
    if file == "-" or context == "-" or "://" in context:
        return Commands()
    folder = inside(context, call.around.folder) if is_known(context) else None
    path = None
    if file is not None:
        path = inside(file, call.around.folder) if is_known(file) else None
    elif folder is not None:
        path = folder / "Dockerfile"
    if path is None:
        return _all_files(call, follower)
    return _read(call, follower, path, folder)


def _read(
    call: Call, follower: Follower, path: PurePosixPath, context: PurePosixPath | None
) -> Commands:
    text = follower.repository.text(path)
    if text is None or "cargo" not in text:
        return Commands()
    call = replace(call, command=replace(call.command, certain=False))
    parts = []
    for run in runs_of(text):
        # The image has its own environment and its own copy of the files.
        around = replace(
            call.around,
            variables={**run.variables},
            folder=inside(run.folder, context) if run.folder is not None else None,
            default_toolchain=None,
            override_toolchain="",
            installed=frozenset(),
            installed_all_known=False,
        )
        script = Script(
            text=run.text,
            place=Place(path, run.line),
            around=around,
            exit_on_error=" -e" in run.shell or "-ec" in run.shell,
            pipefail="pipefail" in run.shell,
        )
        found = follower.script(script, call)
        # Where nothing was copied to, nothing of the repository can be called.
        opaque = found.opaque if around.folder is not None else ()
        parts.append(replace(found, opaque=opaque, after=None))
    return joined(parts, call.around)


def _all_files(call: Call, follower: Follower) -> Commands:
    """A build of an image that is not known."""
    repository = follower.repository
    files = {
        path
        for path in repository.files
        if path.name.startswith("Dockerfile") or path.name.endswith((".Dockerfile", ".dockerfile"))
    }
    files.update(files_named(repository, "Containerfile"))
    for path in sorted(files):
        if _TESTS.search(repository.text(path) or ""):
            return call.opaque(f"`{one_line(call.command.text, 60)}` may run what {path} says")
    return Commands()


def _run(call: Call, follower: Follower, words: list[str], *, plain: bool) -> Commands | None:
    given = _Run()
    rest = list(words)
    while rest and rest[0].startswith("-"):
        flag, equals, value = rest.pop(0).partition("=")
        if flag in _RUN_SWITCHES:
            continue
        if not equals:
            value = rest.pop(0) if rest else ""
        _option(given, flag, value)
    inner = rest[1:]  # after the image or the container
    if given.entry:
        inner = [given.entry, *inner]
    if not inner:
        return Commands()
    folder = _folder(call, given) if plain else None
    around = replace(
        call.around.in_folder(folder),
        variables=given.variables,
        default_toolchain=None,
        installed_all_known=False,
    )
    found = follower.words(
        tuple(known(word) for word in inner), call, call.command.place, around, tuple(inner)
    )
    return replace(found, after=None)


def _option(given: _Run, flag: str, value: str) -> None:
    if flag in {"-v", "--volume"}:
        outside, _, within = value.partition(":")
        given.mounts[within.partition(":")[0]] = outside
    elif flag == "--mount":
        parts = dict(part.partition("=")[::2] for part in value.split(","))
        target = parts.get("target") or parts.get("dst") or parts.get("destination") or ""
        given.mounts[target] = parts.get("source") or parts.get("src") or ""
    elif flag in {"-w", "--workdir"}:
        given.folder = value
    elif flag in {"-e", "--env"}:
        name, equals, text = value.partition("=")
        given.variables[name] = known(text) if equals else None
    elif flag == "--entrypoint":
        given.entry = value


def _folder(call: Call, given: _Run) -> PurePosixPath | None:
    """The folder of the repository that a container works in."""
    if given.folder is None:
        mounted = [outside for outside in given.mounts.values() if _is_inside(call, outside)]
        return inside(mounted[0], call.around.folder) if len(mounted) == 1 else None
    for within, outside in given.mounts.items():
        if given.folder == within or given.folder.startswith(f"{within.rstrip('/')}/"):
            more = given.folder[len(within) :].strip("/")
            base = inside(outside, call.around.folder)
            return base / more if base is not None and is_known(more) else None
    return None


def _is_inside(call: Call, path: str) -> bool:
    return is_known(path) and "/" in f"{path}/" and inside(path, call.around.folder) is not None
