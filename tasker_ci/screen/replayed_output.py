"""What a session of ours printed on GitHub, printed once more: its own commands and all else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STOP = re.compile(r"::stop-commands::(?P<token>[0-9a-f]{32})")
_GO = re.compile(r"::(?P<token>[0-9a-f]{32})::")
_OWN = re.compile(r"::(?:error|warning|notice|group|endgroup)(?:\s[^:]*)?::")
_LEFT_OUT = re.compile(r"\[… [0-9.]+ MB left out here …\]")


def own_commands(text: str) -> Iterator[tuple[bool, str]]:
    """The lines of ``text``, each with whether it is a command of the session itself.

    The session prints foreign text between ``::stop-commands::`` and its token, or with its
    commands broken, so a command elsewhere is its own. The lines with tokens are left out. After a
    part that is missing nobody knows on which side of a token we are, so nothing is a command
    before the last token, which no foreign text can know.
    """
    lines = text.split("\n")
    last = max((number for number, line in enumerate(lines) if _GO.fullmatch(line)), default=None)
    known_from = 0
    token = ""
    for number, line in enumerate(lines):
        if _LEFT_OUT.fullmatch(line):
            known_from = len(lines) if last is None or last < number else last
        if number < known_from:
            yield False, line
        elif number == known_from and known_from:
            token = ""
        elif token:
            if line == f"::{token}::":
                token = ""
            elif line or lines[number + 1 : number + 2] != [f"::{token}::"]:
                yield False, line
        elif stop := _STOP.fullmatch(line):
            token = stop["token"]
        else:
            yield bool(_OWN.match(line)), line
