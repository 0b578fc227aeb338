"""What git says of the code, as an input: HEAD, tags, the index, and what the repository sets.

Of git's own folder nothing else counts: objects and logs say nothing new, branches of remotes move
with every fetch, and the file of the index is written anew whenever somebody asks for the state.
Code that reads more of it (a stash, a remote's branch) is beyond a proof.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import TaskerCIError
from tasker_ci.process.git import GitFailed, SafeGit
from tasker_ci.sessions.pipeline.proofs.contents import unreadable
from tasker_ci.sessions.pipeline.proofs.listing import Listing, NotUnderstood, digest_of

if TYPE_CHECKING:
    from tasker_ci.context import Context
    from tasker_ci.sessions.pipeline.proofs.contents import FileContents

_TAGS = "refs/tags/"
_SECONDS = 30.0


def repository_top(folder: Path) -> Path | None:
    """The nearest folder around ``folder`` that has a `.git`; None if there is none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def repository_listing(context: Context, top: Path, contents: FileContents) -> Listing:
    """HEAD, tags, index and settings of the repository at ``top``.

    Raises `NotUnderstood` where git's folder cannot be read.
    """
    try:
        own, common = _folders(top)
        items = _references(own, common)
        for name in ("config", "info/exclude", "info/attributes", "info/sparse-checkout"):
            file = common / name
            if file.is_file():
                items[f".git/{name}"] = contents.of(str(file), file.stat()).digest
        index = own / "index"
        if index.is_file():
            items["the index"] = _index(context, top, index, contents)
    except OSError as error:
        raise NotUnderstood(unreadable(str(error.filename or top), error)) from error
    stamp = _stamp(own / "HEAD")
    return Listing(items, {"HEAD": stamp} if stamp else {})


def _stamp(file: Path) -> tuple[int, ...]:
    status = file.stat()
    return (status.st_ctime_ns, status.st_ino)


def _folders(top: Path) -> tuple[Path, Path]:
    """Git's folder of this work tree, and the one that all work trees share."""
    own = top / ".git"
    if own.is_file():
        text = own.read_text("utf-8", "surrogateescape").strip()
        own = Path(os.path.normpath(top / text.removeprefix("gitdir:").strip()))
    shared = own / "commondir"
    if not shared.is_file():
        return own, own
    return own, Path(os.path.normpath(own / shared.read_text("utf-8").strip()))


def _references(own: Path, common: Path) -> dict[str, str]:
    if (common / "reftable").is_dir():
        raise NotUnderstood("references are kept as a reftable")
    packed = _packed(common)
    head = (own / "HEAD").read_text("utf-8", "surrogateescape").strip()
    name = head.removeprefix("ref:").strip()
    commit = head
    if name != head:
        files = (file for file in (own / name, common / name) if file.is_file())
        loose = next(files, None)
        commit = loose.read_text("utf-8").strip() if loose else packed.get(name, "no commit")
    items = {"HEAD": f"{head} {commit}"}
    items |= {each: value for each, value in packed.items() if each.startswith(_TAGS)}
    for file in (common / _TAGS).rglob("*"):
        if file.is_file():
            items[str(file.relative_to(common))] = file.read_text("utf-8", "replace").strip()
    return items


def _packed(common: Path) -> dict[str, str]:
    file = common / "packed-refs"
    if not file.is_file():
        return {}
    lines = file.read_text("utf-8", "surrogateescape").splitlines()
    pairs = (line.split(" ", 1) for line in lines if line[:1] not in {"#", "^", ""})
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}  # noqa: PLR2004


def _index(context: Context, top: Path, index: Path, contents: FileContents) -> str:
    """What is in the index, without the times of files that git keeps there too."""
    status = index.stat()
    kept = contents.kept(str(index), status)
    if kept is not None:
        return str(kept[0])
    git = SafeGit(
        folder=top, runner=context.runner, environment=context.environment, timeout=_SECONDS
    )
    try:
        found = digest_of(git.ask("ls-files", "--stage", "-z"))
    except (GitFailed, TaskerCIError):
        return contents.of(str(index), status).digest  # more than counts, never less
    contents.keep(str(index), status, [found, []])
    return found
