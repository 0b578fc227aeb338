"""Simple lines of PowerShell and of cmd as lines of a shell that is read.

A line that calls a program with plain words means the same in all of them. Of the rest only what
may start something of Rust matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
_UNKNOWN = "${{ what PowerShell makes }}"
"""Counts as a text that is not known, as every expression that is left."""

_EXPRESSION_MARK, _VARIABLE_MARK = "\ue001", "\ue002"

_ENVIRONMENT = re.compile(r"\$\{?env:(\w+)\}?", re.IGNORECASE)
_PERCENT = re.compile(r"%(\w+)%")
_PLAIN = re.compile(r"""(?:[\w./:=,+*@~><\-\s]|"[^"$`]*"|'[^']*'|&&|\|\||[\ue001\ue002])+""")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_ASSIGNED = re.compile(
    r"\$(\w+)\s*[-+]?=|\b(?:foreach|param)\s*\(\s*(?:\[\w+\]\s*)?\$(\w+)", re.IGNORECASE
)
_AUTOMATIC = {
    "args", "error", "false", "home", "host", "input", "isislinux", "iswindows", "ismacos",
    "islinux", "lastexitcode", "matches", "null", "pid", "profile", "psscriptroot",
    "psversiontable", "pwd", "shellid", "this", "true", "_",
}  # fmt: skip
_NAME = re.compile(r"(?<![\w`])\$(\w+)\b(?![.:\[])")
_COMPLEX = re.compile(r"[$@]?\([^()]*\)|[$@]\w+(?:\.\w+|\[[^\]]*\])*")
_TO_CMDLET = re.compile(r"(?:\s*2>&1)?\s*\|\s*(?:tee\b|[A-Z]\w+-\w+)[^|]*$", re.IGNORECASE)
_PROGRAM = re.compile(r"[\w./\\-]+(?=\s|$)")
_SET = re.compile(r"""\$env:(\w+)\s*=\s*("[^"$`]*"|'[^']*')\s*;?""", re.IGNORECASE)
_SET_BATCH = re.compile(r'set\s+"?(\w+)=([^"%]*)"?', re.IGNORECASE)
_LATER = re.compile(
    r"""(?:(?:echo|Write-Output)\s+)?("[^"$`]*"|'[^']*')\s*(?:>>|\|\s*(?:Out-File|Add-Content)\b.*?)\s*"""
    r"""(?:-FilePath\s+|-Path\s+)?"?\$\{?env:(GITHUB_ENV|GITHUB_PATH)\}?"?.*""",
    re.IGNORECASE,
)
_STARTS = re.compile(
    r"(?<![\w.-])(?:cargo|cross|rustup|rustc|nextest|make|just|bash|python3?|iex)(?![\w.-])"
    r"|cargo(?:\.exe)?\s|xtask|\.(?:ps1|sh|py)\b|invoke-(?:expression|command)|start-process|&\s*\$",
    re.IGNORECASE,
)
_STARTS_OTHERS = re.compile(r"iex\b|(?:invoke-expression|invoke-command|start-\w+)", re.IGNORECASE)
_SPEAKS = re.compile(
    r"(?:echo|write-(?:host|output|error|warning)|throw)\b(?!.*\$\()", re.IGNORECASE
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
    assigned = {name.lower() for found in _ASSIGNED.findall(text) for name in found if name}
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
        shown = _QUOTED.sub("", _EXPRESSION.sub("", whole))
        opens = shown.count("{") + shown.count("(") - shown.count("}") - shown.count(")")
        simple = None
        if depth <= 0 and opens <= 0:
            simple = _of_batch(whole) if language == "cmd" else _of_powershell(whole, assigned)
        depth = max(depth + opens, 0)
        if simple is not None:
            lines[begin] = simple
        elif _may_start(whole, shown):
            unread.append(begin)
    return Translation(text="\n".join(lines), unread=tuple(unread))


def _may_start(line: str, shown: str) -> bool:
    if _SPEAKS.match(line):
        return False
    called = re.search(r"&\s*[\"'].*(?:cargo|rust|make|just)", line, re.IGNORECASE)
    return bool(called or _STARTS.search(shown))


def _of_batch(line: str) -> str | None:
    """A line that a shell reads alike; None for one with more syntax than that."""
    if found := _SET_BATCH.fullmatch(line):
        return f"export {found[1]}='{found[2]}'" if "'" not in found[2] else None
    line = line.removeprefix("call ")
    if line.lower().startswith("cd /d "):
        line = f"cd {line[6:]}"
    return _plain(_PERCENT.sub(rf"{_VARIABLE_MARK}\1", line))


def _of_powershell(line: str, assigned: set[str]) -> str | None:
    """The same for PowerShell; what it computes is a word that is not known."""
    if found := _SET.fullmatch(line):
        return f"export {found[1]}={_single(found[2])}"
    if found := _LATER.fullmatch(line):
        return f'echo {_single(found[1])} >> "${found[2].upper()}"'
    if _SPEAKS.match(line):
        return ""
    if _STARTS_OTHERS.match(line):
        return None
    line = _TO_CMDLET.sub("", line.removeprefix("& ").rstrip("; "))
    line = re.sub(r"^(Set-Location|Push-Location|sl)\b", "cd", line, flags=re.IGNORECASE)
    line = _ENVIRONMENT.sub(rf"{_VARIABLE_MARK}\1", line)
    if _PROGRAM.match(line):
        # a variable that nobody gave a value is nothing, not an empty word
        line = _NAME.sub(
            lambda found: found[0] if found[1].lower() in assigned | _AUTOMATIC else "", line
        )
        held = _EXPRESSION.findall(line)
        line = _EXPRESSION.sub(_EXPRESSION_MARK, line)
        line = _QUOTED.sub(lambda found: found[0] if "$" not in found[0] else _UNKNOWN, line)
        if any(map(_STARTS.search, _COMPLEX.findall(line))):
            return None
        line = _COMPLEX.sub(lambda _: _UNKNOWN, line)
        for expression in held:
            line = line.replace(_EXPRESSION_MARK, expression, 1)
    return _plain(line)


def _plain(line: str) -> str | None:
    expressions = _EXPRESSION.findall(line)
    line = _EXPRESSION.sub(_EXPRESSION_MARK, line).replace("\\", "/").strip()
    if not _PLAIN.fullmatch(line):
        return None
    for expression in expressions:
        line = line.replace(_EXPRESSION_MARK, expression, 1)
    return line.replace(_VARIABLE_MARK, "$")


def _single(quoted: str) -> str:
    text = quoted[1:-1]
    return f"'{text}'" if "'" not in text else quoted
