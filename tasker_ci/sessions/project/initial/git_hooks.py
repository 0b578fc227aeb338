"""Git hooks that call the sessions, beside the hooks that a project has already."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasker_ci.settings.file import SETTINGS_FILE
from tasker_ci.text.file_reading import read_bytes, read_text
from tasker_ci.text.file_writing import write_file
from tasker_ci.text.places import reached
from tasker_ci.workflows.sync.writing import told

if TYPE_CHECKING:
    from pathlib import Path

PRE_COMMIT, PRE_PUSH = "pre-commit", "pre-push"

SESSIONS_OF_HOOK = {PRE_COMMIT: ("fmt", "clippy"), PRE_PUSH: ("unit",)}

KEPT_SUFFIX = ".before-tasker-ci"
"""A hook that was there already gets it, and is called by ours, first."""

_MARK = "# Written by `tasker-ci init --hooks`; `tasker-ci init --remove-hooks` takes it out again."
_CHECKSUM = re.compile(r"# Checksum: (?P<digits>[0-9a-f]{16})\n")
_DIGITS = 16
_MODE = 0o755

_HEAD = """\
#!/bin/sh
{mark}
# Checksum: {digits}
"""
_SCRIPT = """\
# `git {verb} --no-verify` goes past it once.
python={python}
{read}if [ -x "$0{suffix}" ]; then
  {feed}"$0{suffix}" "$@" || exit
fi
{guard}{enter}
[ -f {settings} ] || exit 0 # a branch without tasker-ci
# What git tells a hook about its repository would mislead any git within a test.
unset $(git rev-parse --local-env-vars)
if ! "$python" -P -c "import tasker_ci" 2>/dev/null; then
  echo "{hook}: tasker-ci is not in $python any more." >&2
  echo "  next: install it and run: tasker-ci init --hooks" >&2
  exit 1
fi
{calls}
"""
_ENTER = "cd {folder} 2>/dev/null || exit 0"
_READ = "input=$(cat)\n"
_FEED = "printf '%s\\n' \"$input\" | "
_GUARD = """\
# Nothing is tested when branches are only deleted.
printf '%s\\n' "$input" | cut -d ' ' -f 2 | grep -q '[1-9a-f]' || exit 0
"""


@dataclass(frozen=True, kw_only=True)
class Hook:
    """What becomes of one hook."""

    path: Path
    action: str
    """written, updated, unchanged, removed, or left.

    It is left where it is somebody's own and there is no place to keep it, or edited since.
    """
    kept: Path | None = None
    """Where a hook that was there already is, or was, kept."""


def hook_text(name: str, *, python: str, folder: str) -> str:
    """The script of a hook; ``folder`` is the project root seen from the repository's top."""
    push = name == PRE_PUSH
    *first, last = SESSIONS_OF_HOOK[name]
    # pre-push has the list of branches on its standard input, which no session may read
    calls = [f'"$python" -P -m tasker_ci {session} </dev/null || exit' for session in first]
    body = _SCRIPT.format(
        verb=name.removeprefix("pre-"),
        python=shlex.quote(python),
        read=_READ if push else "",
        suffix=KEPT_SUFFIX,
        feed=_FEED if push else "",
        guard=_GUARD if push else "",
        enter=_ENTER.format(folder=shlex.quote(folder)),
        settings=SETTINGS_FILE,
        hook=name,
        calls="\n".join([*calls, f'exec "$python" -P -m tasker_ci {last} </dev/null']),
    )
    return _HEAD.format(mark=_MARK, digits=_digits(body)) + body


def plan_hooks(hooks: Path, *, python: str, folder: str) -> tuple[tuple[Hook, str], ...]:
    """What `install` does in the folder ``hooks``, each hook with its text. Changes nothing."""
    return tuple(
        _planned(hooks / name, hook_text(name, python=python, folder=folder))
        for name in SESSIONS_OF_HOOK
    )


def install(planned: tuple[tuple[Hook, str], ...], *, within: Path | None = None) -> None:
    """Write the hooks, none through a link below ``within``; else below their own folder.

    Raises `AccessError`; a hook is there whole, the old or the new one.
    """
    for hook, text in planned:
        if hook.action not in {"written", "updated"}:
            continue
        moved = hook.kept if hook.action == "written" else None
        with told(hook.path):
            if moved is not None:
                _rename(hook.path, moved, within)
            try:
                write_file(hook.path, text, within=within, mode=_MODE)
            except BaseException:
                if moved is not None:
                    _rename(moved, hook.path, within)
                raise


def plan_removal(hooks: Path) -> tuple[Hook, ...]:
    """What `remove` does: our hooks go, and those that they called come back."""
    planned = []
    for name in SESSIONS_OF_HOOK:
        path, kept = hooks / name, hooks / f"{name}{KEPT_SUFFIX}"
        if _is_ours(path):
            there = kept if os.path.lexists(kept) else None
            planned.append(Hook(path=path, action="removed", kept=there))
    return tuple(planned)


def plan_undoing(hooks: Path, *, folder: str) -> tuple[Hook, ...]:
    """What `rollback` does to the hooks of the project in ``folder``: one edited since is left."""
    enter = _ENTER.format(folder=shlex.quote(folder))
    return tuple(
        hook if _is_untouched(text) else replace(hook, action="left")
        for hook in plan_removal(hooks)
        if enter in (text := read_text(hook.path, errors="replace"))
    )


def remove(planned: tuple[Hook, ...], *, within: Path | None = None) -> None:
    """Take the hooks out again, none through a link below ``within``. Raises `AccessError`."""
    for hook in planned:
        if hook.action == "left":
            continue
        with told(hook.path):
            if hook.kept is not None:
                _rename(hook.kept, hook.path, within)
            else:
                with reached(hook.path, within) as place:
                    place.unlink()


def _rename(old: Path, new: Path, within: Path | None) -> None:
    with reached(old, within) as place:
        place.replace(place.beside(new.name))


def _planned(path: Path, text: str) -> tuple[Hook, str]:
    kept = path.with_name(f"{path.name}{KEPT_SUFFIX}")
    kept_there = kept if os.path.lexists(kept) else None
    if not os.path.lexists(path):
        return Hook(path=path, action="written"), text
    if _is_ours(path):
        same = read_bytes(path) == text.encode() and path.stat().st_mode & 0o111
        action = "unchanged" if same else "updated"
        return Hook(path=path, action=action, kept=kept_there), text
    if kept_there is not None:
        return Hook(path=path, action="left", kept=kept_there), text
    return Hook(path=path, action="written", kept=kept), text


def _is_untouched(text: str) -> bool:
    """Whether nobody edited a hook of ours; older ones have no checksum."""
    found = _CHECKSUM.search(text)
    return found is None or found["digits"] == _digits(text[found.end() :])


def _digits(body: str) -> str:
    return hashlib.sha256(body.encode(errors="replace")).hexdigest()[:_DIGITS]


def _is_ours(path: Path) -> bool:
    try:
        return not path.is_symlink() and _MARK in read_text(path, errors="replace")
    except OSError:
        return False
