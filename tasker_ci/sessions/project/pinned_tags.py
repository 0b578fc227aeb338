"""Whether every pinned action is the commit that the tag of its version names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasker_ci.errors import CommandTimedOut
from tasker_ci.process.command import Command, Output
from tasker_ci.text.foreign import unescaped
from tasker_ci.tools.places import tool_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasker_ci.context import Context
    from tasker_ci.workflows.pins import PinnedAction

_SERVER = "https://github.com"
_SECONDS = 30.0
_LINE = re.compile(r"(?P<commit>[0-9a-f]{40})\trefs/tags/(?P<tag>\S+?)(?P<peeled>\^\{\})?")


@dataclass(frozen=True, kw_only=True)
class TagReading:
    """What GitHub said of the pins."""

    verified: tuple[str, ...]
    wrong: tuple[str, ...]
    """A sentence for each pin that is not what its tag names."""
    unread: tuple[str, ...]
    """A sentence for each repository that did not answer."""


def tag_command(context: Context, repository: str, versions: Iterable[str]) -> Command:
    """Ask GitHub for the tags of the ``versions``; an annotated tag comes peeled, too.

    Outside of the checkout: none of its configuration counts.
    """
    tags = (f"refs/tags/{each}{end}" for each in versions for end in ("", "^{}"))
    return Command(
        argv=("git", "-c", "credential.helper=", "ls-remote", f"{_SERVER}/{repository}", *tags),
        cwd=Path(context.directory.anchor),
        environment={**tool_environment(context), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
    )


def tag_commands(context: Context, pins: Iterable[PinnedAction]) -> Iterator[Command]:
    """The question for each repository."""
    for repository, actions in _by_repository(pins).items():
        yield tag_command(context, repository, _versions(actions))


def read_tags(context: Context, pins: Iterable[PinnedAction]) -> TagReading:
    """Compare the ``pins`` with their tags. Raises `MissingToolError` without git."""
    verified: list[str] = []
    wrong: list[str] = []
    unread: list[str] = []
    for repository, actions in _by_repository(pins).items():
        try:
            answer = context.runner.run(
                tag_command(context, repository, _versions(actions)),
                output=Output.CAPTURE_BOTH,
                timeout=_SECONDS,
            )
        except CommandTimedOut:
            unread.append(f"{repository}: no answer within {_SECONDS:.0f} s")
            continue
        if answer.exit_code:
            last = unescaped(answer.stderr).strip().splitlines()[-1:]
            unread.append(f"{repository}: {' '.join(last) or f'git ended {answer.exit_code}'}")
            continue
        named = _commits(answer.stdout)
        for action in actions:
            commit = named.get(action.version)
            if commit == action.commit:
                verified.append(f"{action.name} {action.version}")
            elif commit is None:
                wrong.append(f"{action.name}: {repository} has no tag {action.version}")
            else:
                wrong.append(
                    f"{action.name}: {action.version} is {commit}, the pin is {action.commit}"
                )
    return TagReading(verified=tuple(verified), wrong=tuple(wrong), unread=tuple(unread))


def _by_repository(pins: Iterable[PinnedAction]) -> dict[str, list[PinnedAction]]:
    result: dict[str, list[PinnedAction]] = {}
    for pin in pins:
        result.setdefault("/".join(pin.name.split("/")[:2]), []).append(pin)
    return result


def _versions(actions: Iterable[PinnedAction]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(action.version for action in actions))


def _commits(text: str) -> dict[str, str]:
    """The commit of each tag: of an annotated one it stands in the peeled line, which comes last.

    https://git-scm.com/docs/git-ls-remote
    """
    found = filter(None, map(_LINE.fullmatch, text.splitlines()))
    return {each["tag"]: each["commit"] for each in found}
