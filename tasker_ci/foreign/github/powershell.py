"""Simple lines of PowerShell and of cmd as lines of a shell that is read.

A line that calls a program with plain words means the same in all of them. Of the rest only what
may start something matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
_VARIABLE = re.compile(r"\$\{?env:(\w+)\}?", re.IGNORECASE)
_PERCENT = re.compile(r"%(\w+)%")
_PLAIN = re.compile(r"""(?:[\w./:=,+*@~\-\s]|"[^"$`]*"|'[^']*'|&&|\|\||\ue001|\ue002\w+)+""")
_SET = re.compile(r"""\$env:(\w+)\s*=\s*("[^"$`]*"|'[^']*')\s*;?""", re.IGNORECASE)
_SET_BATCH = re.compile(r'set\s+"?(\w+)=([^"%]*)"?', re.IGNORECASE)
_LATER = re.compile(
    r"""(?:(?:echo|Write-Output)\s+)?("[^"$`]*"|'[^']*')\s*(?:>>|\|\s*(?:Out-File|Add-Content)\b.*?)\s*"""
    r"""(?:-FilePath\s+|-Path\s+)?"?\$\{?env:(GITHUB_ENV|GITHUB_PATH)\}?"?.*""",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"cargo|cross|rust|nextest|\bmake\b|\bjust\b|xtask|bash|python|\.(?:ps1|sh|bat|cmd|py)\b"
    r"|\bi(?:ex|wsl)\b|invoke-(?:expression|command)|start-process|&\s*\$",
    re.IGNORECASE,
)
_COMMENTS = {"powershell": ("#",), "cmd": ("rem ", "::", "@echo ")}


@dataclass(frozen=True, kw_only=True)
class Translation:
    """A script whose lines stand where they stood."""

    text: str
    unread: tuple[int, ...]
    """Lines, from 0, that may start something and cannot be read."""


def from_powershell(text: str) -> Translation:
    """Translate what is simple in a script of PowerShell."""
    return _translated(text, "powershell", "`")


def from_batch(text: str) -> Translation:
    """Translate what is simple in a script of cmd."""
    return _translated(text, "cmd", "^")


def _translated(text: str, language: str, continues: str) -> Translation:
    lines: list[str] = []
    unread: list[int] = []
    depth = 0
    pending = ""
    begin = 0
    for number, line in enumerate(text.split("\n")):
        lines.append("")
        if not pending:
            begin = number
        whole = f"{pending} {line.strip()}".strip()
        if whole.endswith(continues):
            pending = whole[:-1].rstrip() or " "
            continue
        pending = ""
        if not whole or whole.lower().startswith(_COMMENTS[language]):
            continue
        shown = _EXPRESSION.sub("", whole)
        opens = shown.count("{") + shown.count("(") - shown.count("}") - shown.count(")")
        simple = None if depth > 0 else _simple(whole, language)
        depth = max(depth + opens, 0)
        if simple is not None:
            lines[begin] = simple
        elif _STARTS.search(whole):
            unread.append(begin)
    return Translation(text="\n".join(lines), unread=tuple(unread))


def _simple(line: str, language: str) -> str | None:
    """A line that a shell reads alike; None for one with more syntax than that."""
    if language == "cmd":
        if found := _SET_BATCH.fullmatch(line):
            return f"export {found[1]}='{found[2]}'" if "'" not in found[2] else None
        line = _PERCENT.sub("\ue002\\1", line.removeprefix("call "))
    else:
        if found := _SET.fullmatch(line):
            return f"export {found[1]}={_single(found[2])}"
        if found := _LATER.fullmatch(line):
            return f'echo {_single(found[1])} >> "${found[2].upper()}"'
        line = _VARIABLE.sub("\ue002\\1", line.removeprefix("& "))
        line = re.sub(r"^(Set-Location|Push-Location|sl)\b", "cd", line, flags=re.IGNORECASE)
    expressions = _EXPRESSION.findall(line)
    line = _EXPRESSION.sub("\ue001", line).replace("\\", "/")
    if not _PLAIN.fullmatch(line):
        return None
    for expression in expressions:
        line = line.replace("\ue001", expression, 1)
    return line.replace("\ue002", "$")


def _single(quoted: str) -> str:
    text = quoted[1:-1]
    return f"'{text}'" if "'" not in text else quoted
