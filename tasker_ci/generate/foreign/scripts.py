"""The commands of a script in a foreign workflow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_WORK = re.compile(
    r"(set|shopt|cd|pushd|popd|echo|printf|export|true|:|exit|sleep|test|\[\[?)\b.*|[{}()]*|"
    r"(if|then|else|elif|fi|for|do|done|while|case|esac)\b.*|[A-Za-z_]\w*=\S*"
)
"""Parts of a script that do nothing by themselves."""


def commands_of(script: str) -> Iterator[str]:
    """The commands of a script that do something, each on one line; the first line if none does.

    A reading for people, not a shell: lines are joined at a backslash and divided at ``&&``, ``||``
    and ``;``.
    """
    lines = re.sub(r"\\\n\s*", "", script).splitlines()
    lines = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    found = [
        command
        for line in lines
        for part in re.split(r"&&|\|\||;", line)
        if (command := part.strip()) and not _NO_WORK.fullmatch(command)
    ]
    yield from found or lines[:1]
